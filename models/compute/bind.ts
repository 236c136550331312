/** Binds a graph to tensors, all at once. */
import { type KernelBinding, KernelError, type KernelGraph, type KernelTensor } from "./kernels.ts";

/** Tensors by the names that the graph has for them. */
export type Tensors = Readonly<Record<string, KernelTensor>>;

/** A new binding of `graph` to its inputs and outputs. @throws {KernelError} */
export function bind(graph: KernelGraph, inputs: Tensors, outputs: Tensors): KernelBinding {
  const binding = graph.bind();
  try {
    for (const [name, tensor] of Object.entries(inputs)) binding.input(name, tensor);
    for (const [name, tensor] of Object.entries(outputs)) binding.output(name, tensor);
    return binding;
  } catch (error) {
    binding.close();
    throw error;
  }
}

/** Runs a graph once. @throws {KernelError} */
export async function runOnce(graph: KernelGraph, inputs: Tensors, outputs: Tensors): Promise<void> {
  const binding = bind(graph, inputs, outputs);
  try {
    await binding.run();
  } finally {
    binding.close();
  }
}

/** Whether a graph has an input of this name, for which `tensor` would do. */
export function hasInput(graph: KernelGraph, name: string, tensor: KernelTensor): boolean {
  const binding = graph.bind();
  try {
    binding.input(name, tensor);
    return true;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  } finally {
    binding.close();
  }
}
