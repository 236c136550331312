/** How other programs use this daemon. Pure. */

/** Snippets by program, for the API at `origin`; `keyed`: it asks for a key. */
export function snippetsFor(origin, keyed) {
  const base = `${origin}/v1`;
  const key = keyed ? "YOUR_KEY" : "none";
  const header = keyed ? ` \\\n  -H 'Authorization: Bearer ${key}'` : "";
  return [
    {
      name: "curl",
      text: `curl ${base}/chat/completions${header} \\\n  -H 'Content-Type: application/json' \\\n` +
        `  -d '{"messages": [{"role": "user", "content": "Hello"}], "stream": true}'`,
    },
    {
      name: "Python",
      text:
        `# pip install openai\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${base}", api_key="${key}")\n` +
        `stream = client.chat.completions.create(\n    model="default",\n` +
        `    messages=[{"role": "user", "content": "Hello"}],\n    stream=True,\n)\n` +
        `for chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="", flush=True)`,
    },
    {
      name: "JavaScript",
      text: `// npm install openai\nimport OpenAI from "openai";\n\n` +
        `const client = new OpenAI({ baseURL: "${base}", apiKey: "${key}" });\n` +
        `const stream = await client.chat.completions.create({\n  model: "default",\n` +
        `  messages: [{ role: "user", content: "Hello" }],\n  stream: true,\n});\n` +
        `for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");`,
    },
    { name: "Open WebUI", text: `OPENAI_API_BASE_URL=${base} OPENAI_API_KEY=${key} open-webui serve` },
    {
      name: "Continue (config.yaml)",
      text:
        `models:\n  - name: Skein\n    provider: openai\n    model: default\n    apiBase: ${base}\n    apiKey: ${key}\n    roles: [chat, edit]`,
    },
    {
      name: "opencode (opencode.json)",
      text: JSON.stringify(
        {
          $schema: "https://opencode.ai/config.json",
          provider: {
            skein: {
              npm: "@ai-sdk/openai-compatible",
              name: "Skein",
              options: { baseURL: base, apiKey: key },
              models: { default: { name: "Skein" } },
            },
          },
        },
        undefined,
        2,
      ),
    },
  ];
}
