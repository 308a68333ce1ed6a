"""Builds the demo's questions with worked answers `lessons.jsonl`: word problems, conversions and explanations.

    python recipes/demo/make_lessons.py            write the file
    python recipes/demo/make_lessons.py --check    exit 1 if the committed file is not what would be written

The problems are the functions below, each for its rows in `lessons.yaml`, where the explanations stand too.
Everything follows from these two files, so each run gives the same bytes.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).parent / "lessons.yaml"
OUTPUT = Path(__file__).parent / "lessons.jsonl"
LICENSE = "Apache-2.0"
LAYOUTS = (
    "Question: {question}\n\nAnswer: {answer}",
    "{question}\n\n{answer}",
    "### Question\n\n{question}\n\n### Answer\n\n{answer}",
)

Lesson = tuple[str, str]  # question, answer


def shopping(name: str, count: int, thing: str, price: int, note: int) -> Lesson:
    """What is left of a banknote."""
    cost = count * price
    question = (
        f"{name} buys {count} {thing} at {price} coins each and pays with a note worth {note} coins. "
        f"How much change does {name} get?"
    )
    answer = (
        f"{count} {thing} cost {count} times {price}, which is {cost} coins. From the note of {note} coins, "
        f"{note} - {cost} = {note - cost} coins are left. {name} gets {note - cost} coins back."
    )
    return question, answer


def travel(who: str, speed_kmh: int, minutes: int, place: str) -> Lesson:
    """How far at a steady speed."""
    distance = Fraction(speed_kmh * minutes, 60)
    question = (
        f"{who} travels at a steady {speed_kmh} kilometres an hour and reaches {place} after {minutes} minutes. "
        f"How far away was {place}?"
    )
    answer = (
        f"An hour has 60 minutes, so {minutes} minutes are {minutes}/60 of an hour. The distance is the speed times "
        f"the time: {speed_kmh} * {minutes} / 60 = {written(distance)}. So it was {written(distance)} kilometres "
        f"to {place}."
    )
    return question, answer


def sharing(name: str, total: int, thing: str, people: int) -> Lesson:
    """Division with a remainder."""
    each, left = divmod(total, people)
    question = (
        f"{name} shares {total} {thing} fairly among {people} friends. How many does each friend get, and how many "
        f"are left over?"
    )
    rest = "nothing is left over" if left == 0 else f"{left} {'is' if left == 1 else 'are'} left over"
    answer = (
        f"We look for the largest multiple of {people} that is not above {total}. That is {people} times {each}, or "
        f"{people * each}. So each friend gets {each} {thing}, and since {total} - {people * each} = {left}, {rest}."
    )
    return question, answer


def recipe(dish: str, persons: int, grams: int, thing: str, guests: int) -> Lesson:
    """The rule of three."""
    needed = Fraction(grams * guests, persons)
    question = (
        f"A recipe of {dish} for {persons} people asks for {grams} grams of {thing}. How much {thing} is needed for "
        f"{guests} people?"
    )
    answer = (
        f"For one person it takes {grams} / {persons} = {written(Fraction(grams, persons))} grams of {thing}. For "
        f"{guests} people that becomes {guests} times as much, which is {written(needed)} grams."
    )
    return question, answer


def sale(thing: str, price: int, percent: int) -> Lesson:
    """A price after a reduction."""
    saved = Fraction(price * percent, 100)
    new_price = written(price - saved)
    question = (
        f"A {thing} costs {price} coins. In the sale everything is {percent} percent cheaper. What does it cost now?"
    )
    answer = (
        f"First find out what is saved: {percent} percent of {price} is {price} * {percent} / 100 = {written(saved)} "
        f"coins. The new price is {price} - {written(saved)} = {new_price} coins. You can also take "
        f"{100 - percent} percent of {price} straight away, and the result is the same."
    )
    return question, answer


def fence(place: str, length: int, width: int, price: int) -> Lesson:
    """Perimeter, not area."""
    around = 2 * (length + width)
    question = (
        f"A rectangular {place} is {length} metres long and {width} metres wide. A fence around it costs {price} coins "
        f"a metre. What does the whole fence cost?"
    )
    answer = (
        f"A fence goes all the way around, so we need the perimeter and not the area. Two sides of {length} metres and "
        f"two of {width} metres make 2 * ({length} + {width}) = {around} metres. At {price} coins a metre the fence "
        f"costs {around} * {price} = {around * price} coins."
    )
    return question, answer


def filling(vessel: str, litres: int, first: int, second: int) -> Lesson:
    """Two taps at once."""
    together = first + second
    minutes = Fraction(litres, together)
    question = (
        f"A {vessel} holds {litres} litres. One tap gives {first} litres a minute, another gives {second}. How long "
        f"does it take to fill the empty {vessel} with both taps open?"
    )
    answer = (
        f"Both taps together give {first} + {second} = {together} litres a minute. To fill {litres} litres they need "
        f"{litres} / {together} = {written(minutes)} minutes. It would be wrong to add the two times that each tap "
        f"needs alone, because they run at the same time."
    )
    return question, answer


def ages(older: str, younger: str, difference: int, total: int) -> Lesson:
    """A sum and a difference."""
    young = (total - difference) // 2
    question = (
        f"{older} is {difference} years older than {younger}. Together they are {total} years old. "
        f"How old is each of them?"
    )
    answer = (
        f"If {older} were as young as {younger}, they would be {total} - {difference} = {total - difference} years old "
        f"together, so {younger} is half of that: {young}. {older} is {young} + {difference} = {young + difference}. "
        f"As a check, {young} + {young + difference} = {total}."
    )
    return question, answer


def conversion(amount: str, unit: str, factor: str, target: str, tip: str) -> Lesson:
    """From one unit to another."""
    result = written(Fraction(amount) * Fraction(factor))
    question = f"How many {target} are {amount} {unit}?"
    answer = (
        f"Each of the {unit} counts for {factor} {target}, so we multiply: {amount} * {factor} = {result}. "
        f"That makes {result} {target}. {tip}"
    )
    return question, answer


def mean(what: str, values: list[int]) -> Lesson:
    """An average."""
    total = sum(values)
    average = written(Fraction(total, len(values)))
    listed = ", ".join(map(str, values[:-1])) + f" and {values[-1]}"
    question = f"On {len(values)} days someone counted {what}: {listed}. What is the average?"
    answer = (
        f"Add the counts and divide by how many there are. The sum is {' + '.join(map(str, values))} = {total}. There "
        f"are {len(values)} counts, and {total} / {len(values)} = {average}. On average there were {average} {what} a "
        f"day, although no single day has to have that number."
    )
    return question, answer


def written(number: Fraction) -> str:
    """A whole number, or a decimal of up to three places; ValueError where those do not do."""
    if number.denominator == 1:
        return str(number.numerator)
    decimal = f"{float(number):.3f}".rstrip("0")
    if Fraction(decimal) != number:
        raise ValueError(f"{number} is no short decimal: choose other numbers for that row of {CONTENT.name}")
    return decimal


PROBLEMS: tuple[Callable[..., Lesson], ...] = (
    shopping,
    travel,
    sharing,
    recipe,
    sale,
    fence,
    filling,
    ages,
    conversion,
    mean,
)


def lessons() -> Iterator[tuple[str, Lesson]]:
    """Topic and lesson, the problems interleaved so that neighbours differ."""
    content: dict[str, list[Any]] = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))
    for number in range(max(len(content[make.__name__]) for make in PROBLEMS)):
        for make in PROBLEMS:
            rows = content[make.__name__]
            if number < len(rows):
                yield make.__name__, make(*rows[number])
    for entry in content["explanation"]:
        yield "explanation", (entry["question"], " ".join(entry["answer"].split()))


def made() -> bytes:
    """The file's content."""
    lines = []
    for number, (topic, (question, answer)) in enumerate(lessons()):
        text = LAYOUTS[number % len(LAYOUTS)].format(question=question, answer=answer)
        document = {"id": f"lesson-{number}", "text": text, "topic": topic, "license": LICENSE}
        lines.append(json.dumps(document, ensure_ascii=False) + "\n")
    return "".join(lines).encode()


def main() -> int:
    """Write or check the file; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the demo's questions with worked answers.")
    parser.add_argument("--check", action="store_true", help="compare with the file on disk, write nothing")
    data = made()
    if not parser.parse_args().check:
        OUTPUT.write_bytes(data)
    elif not OUTPUT.is_file() or OUTPUT.read_bytes() != data:
        print(f"{OUTPUT} is not what {Path(__file__).name} gives; write it anew without --check", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
