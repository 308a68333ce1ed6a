"""YAML of bounded size: plain data, and aliases that do not multiply.

Ten lines of aliases to aliases ("billion laughs") stand for more values than any memory holds, as soon as somebody
copies or prints them.
"""

from typing import Any

import yaml

MAX_BYTES = 4 << 20  # a recipe of a thousand sources has a tenth of it
MAX_VALUES = 200_000
MAX_DEPTH = 50


def bounded_yaml(text: str) -> Any:
    """The value of a YAML document, by the safe loader: no tags, no code; YAMLError for what is too large."""
    if len(text) > MAX_BYTES:
        raise yaml.YAMLError(f"it has {len(text):,} characters; at most {MAX_BYTES:,} are read")
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _values_below(root, {}, ())
        return loader.construct_document(root)
    except RecursionError as error:
        raise yaml.YAMLError(f"it is nested more than {MAX_DEPTH} deep") from error
    finally:
        loader.dispose()


def _values_below(node: yaml.Node, known: dict[int, int], above: tuple[int, ...]) -> int:
    """How many values a node stands for, aliases written out; each node is counted once."""
    if id(node) in above:
        raise yaml.YAMLError(f"the value at line {node.start_mark.line + 1} contains itself")
    if len(above) >= MAX_DEPTH:
        raise yaml.YAMLError(f"it is nested more than {MAX_DEPTH} deep at line {node.start_mark.line + 1}")
    if id(node) not in known:
        inside: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            inside = list(node.value)
        elif isinstance(node, yaml.MappingNode):
            inside = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_values_below(each, known, (*above, id(node))) for each in inside)
    if known[id(node)] > MAX_VALUES:
        raise yaml.YAMLError(f"its aliases stand for more than {MAX_VALUES:,} values (line {node.start_mark.line + 1})")
    return known[id(node)]
