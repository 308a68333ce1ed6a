"""Builds the demo's event archives in `events/` from the conversations in `conversations/`.

    python recipes/demo/make_events.py            write the archives
    python recipes/demo/make_events.py --check    exit 1 if the committed archives hold other events

`2025-03-01-10.json.gz` has the payload that was used until autumn 2025, with the whole pull request in every
event; `2026-03-01-10.json.gz` has the one used since, with five keys of it. Both have an hour's other events
among the conversations, and the first a line that is cut off. A conversation's `thread` lists its events after
the opening: `comment`, `review`, `review_comment`, `merged` or `closed`, each with the user as its value.
Everything follows from the files, so each run gives the same events.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

CONVERSATIONS = Path(__file__).parent / "conversations"
ARCHIVES = Path(__file__).parent / "events"
FULL_HOUR = datetime(2025, 3, 1, 10, tzinfo=UTC)
TRIMMED_HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
TRIMMED_FILE = "trimmed.yaml"

EVENT_GAP_S = 240  # between the events of a conversation: the longest (8) still fits the hour
START_SPREAD_S = 1_500
OTHER_EVENTS = ("PushEvent", "WatchEvent", "CreateEvent", "IssuesEvent", "ForkEvent")
OTHER_EVENTS_COUNT = 20
TRIMMED_KEYS = ("url", "id", "number", "head", "base")
API = "https://api.github.com/repos"
CUT_LINE = '{"id": "41234567890", "type": "PullRequestEvent", "actor": {"login": "mira'

Json = dict[str, Any]


def number_of(*parts: object, below: int = 10**9) -> int:
    """A number that looks arbitrary and follows from `parts`."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def sha_of(*parts: object) -> str:
    """Forty hex digits that follow from `parts`."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


def written(time: datetime) -> str:
    """`time` as the events write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str) -> Json:
    """The account object of `login`."""
    is_bot = login.endswith(("[bot]", "-bot"))
    return {"login": login, "id": number_of("user", login), "type": "Bot" if is_bot else "User"}


def envelope(kind: str, login: str, repository: str, time: datetime, payload: Json) -> Json:
    """An event of type `kind` around `payload`."""
    event_id = 40_000_000_000 + number_of(kind, repository, written(time), json.dumps(payload, sort_keys=True))
    return {
        "id": str(event_id),
        "type": kind,
        "actor": {"id": number_of("user", login), "login": login, "display_login": login},
        "repo": {
            "id": number_of("repository", repository),
            "name": repository,
            "url": f"{API}/{repository}",
        },
        "payload": payload,
        "public": True,
        "created_at": written(time),
    }


def pull_request(talk: Json, opened: datetime, closed: datetime | None, merged: bool) -> Json:
    """The whole `pull_request` object of `talk` at a time when it is open (`closed` None) or closed."""
    repository, number = talk["repo"], talk["number"]
    owner, name = repository.split("/")
    licence = {"key": talk["license"].lower(), "spdx_id": talk["license"]} if "license" in talk else None
    base_repository = {"id": number_of("repository", repository), "name": name, "full_name": repository}
    return {
        "url": f"{API}/{repository}/pulls/{number}",
        "id": number_of("pull", repository, number),
        "html_url": f"https://github.com/{repository}/pull/{number}",
        "number": number,
        "state": "closed" if closed else "open",
        "title": talk["title"],
        "user": user(talk["author"]),
        "body": talk["body"] or None,
        "created_at": written(opened),
        "closed_at": written(closed) if closed else None,
        "merged_at": written(closed) if closed and merged else None,
        "head": {"ref": f"change-{number}", "sha": sha_of("head", repository, number)},
        "base": {
            "ref": "main",
            "sha": sha_of("base", repository, number),
            "repo": base_repository | {"license": licence, "owner": user(owner)},
        },
        "merged": bool(closed and merged),
    }


def issue(talk: Json, opened: datetime) -> Json:
    """The `issue` object that comments on the pull request of `talk` carry."""
    url = f"https://github.com/{talk['repo']}/pull/{talk['number']}"
    return {
        "url": f"{API}/{talk['repo']}/issues/{talk['number']}",
        "html_url": url,
        "id": number_of("issue", talk["repo"], talk["number"]),
        "number": talk["number"],
        "title": talk["title"],
        "user": user(talk["author"]),
        "state": "open",
        "body": talk["body"] or None,
        "created_at": written(opened),
        "pull_request": {"html_url": url, "merged_at": None},
    }


def comment(entry: Json, login: str, time: datetime, hunk: str) -> Json:
    """The `comment` or `review` object of a thread's `entry`; `hunk` is the diff hunk that it stands at."""
    built: Json = {"id": number_of("item", login, entry["text"]), "user": user(login)}
    built |= {"body": entry["text"].rstrip() or None, "created_at": written(time)}
    if "state" in entry:
        return built | {"state": entry["state"], "submitted_at": written(time)}
    if "path" in entry:
        return built | {"path": entry["path"], "line": entry["line"], "diff_hunk": hunk}
    return built


def conversation_events(talk: Json, hour: datetime, trimmed: bool) -> Iterator[Json]:
    """The events of `talk` in the order of time; every other conversation was opened before the hour."""
    repository, number = talk["repo"], talk["number"]
    opened_in_hour = number_of("start", repository, number) % 2 == 0
    time = hour + timedelta(seconds=number_of("second", repository, number, below=START_SPREAD_S))
    opened = time if opened_in_hour else time - timedelta(days=1 + number_of(repository, number, below=9))
    entries = talk["thread"] if not opened_in_hour else [{"opened": talk["author"]}, *talk["thread"]]
    hunks: dict[str, str] = {}
    for entry in entries:
        kind, login = next(iter(entry.items()))
        if "hunk" in entry:
            hunks[entry["path"]] = entry["hunk"]
        payload = event_payload(talk, entry, opened, time, hunks.get(entry.get("path"), ""), trimmed)
        yield envelope(event_type(kind), login, repository, time, payload)
        time += timedelta(seconds=EVENT_GAP_S + number_of(repository, number, written(time), below=60))


def event_type(kind: str) -> str:
    """The type of the event that a thread's entry of `kind` is."""
    types = {"comment": "IssueCommentEvent", "review": "PullRequestReviewEvent"}
    types["review_comment"] = "PullRequestReviewCommentEvent"
    return types.get(kind, "PullRequestEvent")


def event_payload(talk: Json, entry: Json, opened: datetime, time: datetime, hunk: str, trimmed: bool) -> Json:
    """The payload of a thread's `entry`, in the older form or `trimmed`."""
    kind, login = next(iter(entry.items()))
    if kind == "comment":
        return {"action": "created", "issue": issue(talk, opened), "comment": comment(entry, login, time, "")}
    is_end = kind in ("merged", "closed")
    told = {"title": None, "body": None} | talk
    pull = pull_request(told, opened, time if is_end else None, kind == "merged")
    if trimmed and not (kind == "review" and talk.get("full_review")):
        pull = {key: pull[key] for key in TRIMMED_KEYS}
        pull["base"] = pull["base"] | {"repo": {"name": talk["repo"].split("/")[1]}}
    if kind == "review":
        return {"action": "created", "review": comment(entry, login, time, ""), "pull_request": pull}
    if kind == "review_comment":
        return {"action": "created", "comment": comment(entry, login, time, hunk), "pull_request": pull}
    action = "closed" if is_end and not trimmed else kind
    return {"action": action, "number": talk["number"], "pull_request": pull}


def other_events(hour: datetime) -> Iterator[Json]:
    """An hour's events that are about no pull request."""
    for index in range(OTHER_EVENTS_COUNT):
        kind = OTHER_EVENTS[index % len(OTHER_EVENTS)]
        time = hour + timedelta(seconds=number_of(kind, index, below=3_600))
        payload = {"ref": "refs/heads/main", "head": sha_of(kind, index)} if kind == "PushEvent" else {}
        yield envelope(kind, f"visitor-{index % 7}", "example-org/tidewater", time, payload)


def archive_lines(hour: datetime, trimmed: bool) -> list[str]:
    """The lines of the archive of `hour`: the conversations' events and others, in the order of time."""
    events = list(other_events(hour))
    for path in sorted(CONVERSATIONS.glob("*.yaml")):
        if (path.name == TRIMMED_FILE) == trimmed:
            for talk in yaml.safe_load(path.read_text(encoding="utf-8")):
                events += conversation_events(talk, hour, trimmed)
    events.sort(key=lambda event: (event["created_at"], event["id"]))
    lines = [json.dumps(event, ensure_ascii=False) for event in events]
    if not trimmed:
        lines.insert(len(lines) // 2, CUT_LINE)
        lines.append(next(line for line in lines if '"PullRequest' in line))  # archives repeat an event at times
    return lines


def main() -> int:
    """Write or check the archives; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the demo's event archives from its conversations.")
    parser.add_argument("--check", action="store_true", help="compare with the files on disk, write nothing")
    check: bool = parser.parse_args().check
    for hour, trimmed in ((FULL_HOUR, False), (TRIMMED_HOUR, True)):
        path = ARCHIVES / f"{hour:%Y-%m-%d}-{hour.hour}.json.gz"
        data = "".join(line + "\n" for line in archive_lines(hour, trimmed)).encode()
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
        # Compared decompressed: builds of zlib differ in how they compress.
        elif not path.is_file() or gzip.decompress(path.read_bytes()) != data:
            print(f"{path} is not what {CONVERSATIONS} gives; write it anew without --check", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
