"""What says before a number that it is a telephone's: Tel., phone, fax, 電話, ..."""

from typing import Any

from quality.kernel import called_kernel, kernel
from quality.pii.bytes import any_word_ends_at, phrases

MAX_GAP_BYTES = 8  # between the word and the number: "Tel.: "

PHONE_WORDS = phrases(
    [
        *("tel", "phone", "phones", "telephone", "mobile", "cell", "cellphone", "fax", "telefax", "call", "hotline"),
        *("toll-free", "toll free", "whatsapp", "sms", "phone number", "tel no", "phone no", "fax no"),
        *("telefon", "telefonnummer", "handy", "mobil", "mobiltelefon", "fon", "rufnummer", "durchwahl"),
        *("téléphone", "portable", "télécopie", "tél", "teléfono", "telefono", "teléfonos", "móvil", "celular"),
        *(
            "电话",
            "電話",
            "手机",
            "手機",
            "手机号",
            "传真",
            "傳真",
            "热线",
            "联系电话",
            "電話番号",
            "携帯",
            "ファックス",
        ),
        *("전화", "전화번호", "팩스", "휴대폰", "연락처", "тел", "телефон", "телефоны", "факс", "моб"),
    ]
)


@called_kernel
def has_phone_word_before(data: Any, floor: int, start: int) -> bool:
    """A word for telephones stands before data[start], with at most a few marks and blanks between."""
    at = start
    while at > floor and start - at < MAX_GAP_BYTES:
        if any_word_ends_at(data, floor, at, PHONE_WORDS):
            return True
        if not _is_gap(data[at - 1]):
            return False
        at -= 1
    return False


@kernel
def _is_gap(byte: int) -> bool:
    """Blanks, marks, and all of UTF-8 beyond ASCII, such as the full-width colon."""
    if byte >= 0x80:
        return True
    for gap in b" \t.:;=#(\"'/|-*":  # noqa: SIM110 (numba has no generators)
        if byte == gap:
            return True
    return False
