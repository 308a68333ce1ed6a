"""Texts to try kernels on: Hypothesis strategies, and sentences in many languages."""

import random

from hypothesis import strategies as st

# Every class of characters, every way to end a line, ellipses, CJK with combining marks, one to four bytes.
AWKWARD = [
    *"aB1 \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x00\x7f\x85\u00a0\u2028\u2029\u3000\ufeff",
    *"#.…•-'’\"()§$€１",
    *"éß日本語、。「」がか\u3099ー・한국\ufe00\u0301ไทยдבा😀👩\u200d",
    *["...", "\r\n", "the", "be ", " to ", "of", " and ", "</s>", "__label__fr", " word", "don't"],
]

documents = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(AWKWARD), max_size=40).map("".join))

SENTENCES = {
    "en": "The committee decided to postpone the meeting until everyone had read the report carefully.",
    "de": "Der Ausschuss beschloss, die Sitzung zu verschieben, bis alle den Bericht gelesen hatten.",
    "fr": "Le comité a décidé de reporter la réunion jusqu'à ce que tout le monde ait lu le rapport.",
    "es": "El comité decidió aplazar la reunión hasta que todos hubieran leído el informe con cuidado.",
    "it": "Il comitato ha deciso di rinviare la riunione finché tutti non avessero letto la relazione.",
    "pt": "O comitê decidiu adiar a reunião até que todos tivessem lido o relatório com atenção.",
    "nl": "De commissie besloot de vergadering uit te stellen totdat iedereen het verslag had gelezen.",
    "sv": "Kommittén beslutade att skjuta upp mötet tills alla hade läst rapporten noggrant.",
    "pl": "Komisja postanowiła odłożyć posiedzenie, dopóki wszyscy nie przeczytają uważnie raportu.",
    "cs": "Výbor se rozhodl odložit schůzi, dokud si všichni pečlivě nepřečtou zprávu.",
    "fi": "Valiokunta päätti lykätä kokousta, kunnes kaikki olisivat lukeneet raportin huolellisesti.",
    "hu": "A bizottság úgy döntött, hogy elhalasztja az ülést, amíg mindenki el nem olvassa a jelentést.",
    "tr": "Komite, herkes raporu dikkatlice okuyana kadar toplantıyı ertelemeye karar verdi.",
    "ru": "Комитет решил отложить заседание, пока все внимательно не прочитают отчёт.",
    "uk": "Комітет вирішив відкласти засідання, доки всі уважно не прочитають звіт.",
    "el": "Η επιτροπή αποφάσισε να αναβάλει τη συνεδρίαση μέχρι να διαβάσουν όλοι την έκθεση.",
    "he": "הוועדה החליטה לדחות את הישיבה עד שכולם יקראו את הדוח בעיון.",
    "ar": "قررت اللجنة تأجيل الاجتماع حتى يقرأ الجميع التقرير بعناية.",
    "hi": "समिति ने बैठक को तब तक स्थगित करने का निर्णय लिया जब तक सभी लोग रिपोर्ट न पढ़ लें।",
    "th": "คณะกรรมการตัดสินใจเลื่อนการประชุมออกไปจนกว่าทุกคนจะอ่านรายงานอย่างละเอียด",
    "zh": "委员会决定推迟会议，直到每个人都仔细阅读了报告。",
    "ja": "委員会は、全員が報告書を注意深く読むまで会議を延期することにしました。",
    "ko": "위원회는 모두가 보고서를 주의 깊게 읽을 때까지 회의를 연기하기로 결정했다.",
    "vi": "Ủy ban quyết định hoãn cuộc họp cho đến khi mọi người đã đọc kỹ báo cáo.",
}


def multilingual_texts(count: int, seed: int = 0) -> list[str]:
    """Texts of one to 60 words drawn from sentences of one to three languages, with some noise."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        languages = draw.sample(sorted(SENTENCES), draw.randint(1, 3))
        words = [word for language in languages for word in SENTENCES[language].split()]
        noise = [
            "#",
            "2026",
            "http://example.org/a?b=c",
            "😀😀",
            "print(x)",
            "…",
            "a" * 300,
            "\n",
            "\u00a0",
            "__label__",
        ]
        picked = draw.choices(words, k=draw.randint(1, 60)) + draw.choices(noise, k=draw.randint(0, 3))
        draw.shuffle(picked)
        texts.append(" ".join(picked))
    return texts
