"""What can go wrong in training, as one tree.

TrainerError
├── SettingError             a setting that cannot work with this mixture or machine
├── ShardError               the shards contradict the manifest
├── CheckpointMismatchError  the checkpoint belongs to another mixture, model or vocabulary
├── RunBusyError             another process is training into the same folder
├── RankFailedError          another process of the same run failed
└── TrainingDivergedError    the loss or the gradient is no longer a number
"""


class TrainerError(Exception):
    """Everything the trainer raises on purpose; the message says what was asked, found and what to change."""


class SettingError(TrainerError, ValueError):
    """A setting that cannot work with this mixture or machine."""


class ShardError(TrainerError):
    """The shards contradict the manifest."""


class CheckpointMismatchError(TrainerError):
    """The checkpoint belongs to another mixture, model or vocabulary."""


class RunBusyError(TrainerError):
    """Another process is training into the same folder."""


class RankFailedError(TrainerError):
    """Another process of the same run failed; the message is its own."""


class TrainingDivergedError(TrainerError):
    """The loss or the gradient is no longer a number."""
