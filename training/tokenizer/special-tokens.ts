/** Control tokens and the chat template of the built-in model. */

/** Their ids are their places here. */
export const specialTokens = ["<|bos|>", "<|user|>", "<|assistant|>", "<|end|>"] as const;

export const bosId = 0;
export const userId = 1;
export const assistantId = 2;
export const endId = 3;

/** A system message says nothing to so small a model, and is left out. */
export const chatTemplate = "{{ bos_token }}{% for message in messages %}" +
  "{% if message.role == 'user' %}{{ '<|user|>' + message.content | trim + '<|end|>' }}" +
  "{% elif message.role == 'assistant' %}{{ '<|assistant|>' + message.content | trim + '<|end|>' }}{% endif %}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";
