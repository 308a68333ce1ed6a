"""Our decoder as Hugging Face's `CohereForCausalLM`, which is the same function of other weights.

Command-R has our block: one norm without bias feeds attention and SwiGLU side by side, no dense bias, tied embedding.
What differs is notation. Its five input products and two output products are matrices of their own. Its rotary
positions turn neighbours (2i, 2i + 1) of a head (GPT-J's way), ours turn (i, i + half): permuting the rows of the
query's and key's matrices alike makes one the other, as their dot product does not depend on the order. Its
`logit_scale` is 1 here, and it has no norm of queries and keys.
"""

from typing import Any

import torch
from torch import Tensor

from trainer.model import ROPE_BASE, Decoder

LAYER_NORM_EPSILON = 1e-5  # torch.nn.LayerNorm's, which the decoder leaves as it is


def cohere_config(model: Decoder, sequence_length: int, end_of_text_id: int) -> dict[str, Any]:
    """The content of `config.json`."""
    preset = model.preset
    return {
        "architectures": ["CohereForCausalLM"],
        "model_type": "cohere",
        "vocab_size": model.embedding.num_embeddings,
        "hidden_size": preset.width,
        "intermediate_size": preset.inner,
        "num_hidden_layers": preset.layers,
        "num_attention_heads": preset.heads,
        "num_key_value_heads": preset.heads,
        "hidden_act": "silu",
        "max_position_embeddings": sequence_length,
        "layer_norm_eps": LAYER_NORM_EPSILON,
        "logit_scale": 1.0,
        "rope_theta": ROPE_BASE,  # where transformers before version 5 looks
        "rope_parameters": {"rope_type": "default", "rope_theta": ROPE_BASE},
        "use_qk_norm": False,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": True,
        # Documents follow each other with end-of-text between them: it ends one and begins the next.
        "bos_token_id": end_of_text_id,
        "eos_token_id": end_of_text_id,
        "pad_token_id": end_of_text_id,
        "torch_dtype": "float32",
        "use_cache": True,
    }


def cohere_weights(model: Decoder) -> dict[str, Tensor]:
    """The tensors of `model.safetensors` by their names there, float32 and contiguous, on the CPU.

    The output matrix is the embedding and is stored once, as `tie_word_embeddings` promises.
    """
    state = {name: tensor.detach().float().cpu() for name, tensor in model.state_dict().items()}
    preset = model.preset
    widths = [preset.width, preset.width, preset.width, preset.inner, preset.inner]
    order = _neighbours_from_halves(preset.heads, preset.head_width)
    weights = {"model.embed_tokens.weight": state["embedding.weight"], "model.norm.weight": state["norm.weight"]}
    for layer in range(preset.layers):
        query, key, value, gate, up = state[f"blocks.{layer}.enter.weight"].split(widths)
        attended, fed = state[f"blocks.{layer}.leave.weight"].split([preset.width, preset.inner], dim=1)
        weights |= {
            f"model.layers.{layer}.input_layernorm.weight": state[f"blocks.{layer}.norm.weight"],
            f"model.layers.{layer}.self_attn.q_proj.weight": query[order],
            f"model.layers.{layer}.self_attn.k_proj.weight": key[order],
            f"model.layers.{layer}.self_attn.v_proj.weight": value,
            f"model.layers.{layer}.self_attn.o_proj.weight": attended,
            f"model.layers.{layer}.mlp.gate_proj.weight": gate,
            f"model.layers.{layer}.mlp.up_proj.weight": up,
            f"model.layers.{layer}.mlp.down_proj.weight": fed,
        }
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in weights.items()}


def _neighbours_from_halves(heads: int, head_width: int) -> Tensor:
    """Int64 [heads * head width]: which of our rows stands at each of Cohere's places: 0, half, 1, half + 1, ..."""
    pairs = torch.arange(head_width).view(2, head_width // 2).T.flatten()
    return (torch.arange(heads)[:, None] * head_width + pairs).flatten()
