"""What a teacher is asked and with which settings; one hash names all of it."""

import hashlib
import json

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_TEMPLATE = """\
Solve this task in Python 3 with the standard library alone. Answer with one code block that holds the whole program, \
imports included, and no tests.

{task}
"""
TASK = "{task}"


class TeacherSettings(BaseModel):
    """Everything that an answer depends on, apart from the problem and the sample's number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, max_length=300)
    temperature: float = Field(0.8, ge=0, le=2)
    top_p: float = Field(0.95, gt=0, le=1)
    max_tokens: int = Field(1024, ge=1)
    seed: int = 0
    template: str = DEFAULT_TEMPLATE

    def sha256(self) -> str:
        """Of all of it, as hex: answers of other settings are other answers."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()

    def template_sha256(self) -> str:
        """Of the template alone."""
        return hashlib.sha256(self.template.encode()).hexdigest()

    def sampling(self) -> dict[str, float | int]:
        """What goes into a request besides model, message and seed."""
        return {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}

    def seed_of(self, problem: str, sample: int) -> int:
        """31 bits for one request, the same whatever else is asked."""
        digest = hashlib.blake2b(f"{self.seed}\0{problem}\0{sample}".encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big") >> 1
