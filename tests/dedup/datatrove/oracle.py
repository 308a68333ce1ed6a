"""datatrove's own signatures, and text to compare on."""

import random
import tempfile
from itertools import chain

import pyarrow as pa
import xxhash
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

from quality.words.datatrove_splitter import DATATROVE_CODES

SENTENCES = {
    "en": "I can't believe it's $1,234.50; the U.S. won't pay (e.g. for 2 km) — \"really?\" Naïve café, isn't it...",
    "de": "Das kostet z.B. 3,50 € (ca. 10 %); Größe: 1.80 m. »Über« die Straße, ’s geht doch! Müller-Lüdenscheidt",
    "fr": "L'été, c'est-à-dire aujourd'hui : 12,5 km ! Qu'est-ce qu’il y a ? « Œuvre » d'art, jusqu'à 18h30.",
    "es": "¿Cómo estás? ¡Muy bien! El Sr. Núñez pagó 1.500,75 € por pingüinos y año nuevo; vámonos...",
    "ru": "Привет, мир! Ёжик съел 3,14 кг яблок. Что-то кто-нибудь сказал: «да» — т.е. нет?",
    "it": "L'amico dell'arte è qui: perché no? Costa 3,20 €; all'improvviso, un po' di caffè.",
    "uk": "Їжак з'їв п'ять яблук; об'єкт — це «щось»? Київ, 2022 р. Ґанок!",
    "sv": "Åsa äter ö-gröt, t.ex. kl. 12.30; det är 50 % rabatt på smörgås!",
    "fa": "سلام دنیا! این کتاب ۱۲٫۵ تومان است؛ می‌روم به خانه؟ «بله»",
    "ar": "مرحبا بالعالم! السعر ١٢٫٥ ريال؛ هل تذهب إلى البيت؟ نعم، إن شاء الله.",
    "ro": "Într-o zi, m-am dus: n-a fost 3,5 lei? Ştefan şi Ţepeş, ţară.",
    "tt": "Сәлам, дөнья! Бу китап 12,5 сум тора — әйбәт, җәй; өй.",
}
HOSTILE = [
    "ΣΑΣ ὈΔΥΣΣΕΎΣ Σ. ΑΣ' ΣΑ",
    "1.2.3,4 ١٢٫٥ ५,६ 1. ,2 3.4.5.6",
    "İstanbul IĞDIR ﬁ ǅ",
    "e\u0301\u0327 \u0301a \u034fb \u1b44\u302e \U0001d15e\U0001d165",
    "가각힣 日本語のテキスト ไทย",
    "😀👩‍👩‍👧‍👦 →∑∫ ½ ² ™",
    "a_b-c/d\\e|f~g`h^i",
    "http://www.example.com/a?b=c#d user@mail.org IS_ALPHA",
    "\u00a0\u2003\u200b\u2028\x85\x1c\x00x\x07",
    "don't can't cannot gonna lemme y'all o'clock",
    "\u037e\u0387\u1fef≠≯ Å K Ω",
]


def texts_of(language: str, count: int, seed: int) -> list[str]:
    """Seeded texts of a language, some of them short, with hostile pieces between."""
    generator = random.Random(seed)
    pieces = SENTENCES[language].split()
    texts = ["", SENTENCES[language], " ".join(pieces[:4])]
    for _ in range(count):
        drawn = [
            generator.choice(HOSTILE if generator.random() < 0.1 else pieces) for _ in range(generator.randrange(80))
        ]
        texts.append(generator.choice([" ", "\n", " \t"]).join(drawn))
    return texts


def signer(language: str, seed: int = 1) -> MinhashDedupSignature:
    """datatrove's step for a language, with its default settings."""
    code = DATATROVE_CODES.get(language, language)
    step = MinhashDedupSignature(tempfile.gettempdir(), config=MinhashConfig(seed=seed), language=code)
    # Since version 4, xxhash asks for the bytes that it made of text itself before.
    step._hash_func = lambda shingle: xxhash.xxh64_intdigest(shingle.encode())
    return step


def signature(step: MinhashDedupSignature, text: str) -> list[int] | None:
    """The lanes of a text; None where datatrove writes none."""
    shingles = step.get_shingles(text)
    return list(chain.from_iterable(step.get_signature(shingles))) if shingles.size else None


def languages_column(language: str, count: int) -> pa.StringArray:
    """As annotate has identified them."""
    return pa.array([language] * count)
