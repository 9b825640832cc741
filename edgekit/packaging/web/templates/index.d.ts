// The types of this package, the same in the browser, in Node and in React Native. Its own model is loaded by @@CLASS@@; the
// other class is for bundles of the other task, which the app has elsewhere: its code is the same for all of them.

/** Reads a file of the bundle by its name: `manifest.json`, `tokenizer.json`, the model, `golden.jsonl`. */
export type ReadFile = (name: string) => Promise<Uint8Array>;

/**
 * Where the bundle lies: the address of its folder (in Node also a path), or a function that reads its files. Left out,
 * it is the one in this package, which in React Native the entries `expo` and `bare` read.
 */
export type Source = string | URL | ReadFile;

/** Addresses of onnxruntime-web's own files; `env.wasm.wasmPaths` there. A single one is that of their folder. */
export type WasmPaths = string | URL | { mjs?: string | URL | undefined; wasm?: string | URL | undefined };

/** A `Worker` of the browser. */
export interface WorkerLike {
  postMessage(message: any, transfer: any[]): void;
  addEventListener(type: string, listener: any): void;
}

/**
 * bundle: where it lies
 * threads: of onnxruntime; in the browser more than one work only where the page is cross-origin isolated; of more than the
 *   machine has cores, a warning says that as many as these are taken
 * worker: run the model in a worker, so that the page, or a server in Node, stays alive: one that is started for it, in a
 *   browser also by the address of its script, or one that the app has started, which imports this package's "worker"
 * wasmPaths: in the browser, where onnxruntime's files lie; left out, it finds them beside its code
 * What is not known here is refused.
 */
export interface LoadOptions {
  bundle?: Source | undefined;
  threads?: number | undefined;
  worker?: boolean | string | URL | WorkerLike | undefined;
  wasmPaths?: WasmPaths | undefined;
}

/** context: tokens of prompt and text together; by default as many as the model was exported for */
export interface GeneratorOptions extends LoadOptions {
  context?: number | undefined;
}

/** What is known of the model; more than is named here is in the file. */
export interface Manifest {
  format_version: number;
  name: string;
  task: "text-classification" | "text-generation";
  model_file: string;
  scheme: string;
  family: string;
  labels: string[];@@MANIFEST_FIELDS@@
  max_length: number;
  pad_id: number;
  parameters: number;
  inputs: { name: string; dtype: string; shape: (number | null)[] }[];
  files: Record<string, { sha256: string; bytes: number; runtime: boolean }>;
  content_hash: string;
  sha256: string;
  parity?: { atol: number; rtol: number };
  generation?: { bos_id: number | null; eos_ids: number[] } | null;
  accuracy?: { data: string; split: string; rows: number; accuracy: number; low: number; high: number }[];
  perplexity?: { data: string; split: string; perplexity: number; low: number; high: number }[];
  [key: string]: unknown;
}

@@PREDICTION@@
  logits: Float32Array;
  ms: number;
}

/**
 * The golden cases run again: text to ids to logits to @@OUTCOME@@, or prompt to ids to logits to tokens.
 * failure: the first case that differs and its first differing token, logit or @@OUTCOME@@; null where all are equal
 * maxDifference: the largest difference of a logit
 * unreached: the labels that no golden text has, so that none of the cases tells whether they come out right
 */
export interface SelfTest {
  cases: number;
  passed: number;
  maxDifference: number;
  failure: string | null;
  unreached: string[];
}

export interface GenerateOptions {
  /** The most new tokens; 256 by default. */
  maxTokens?: number | undefined;
  /** 0, the default, takes the best token; else logits are divided by it. */
  temperature?: number | undefined;
  /** Only so many of the best tokens may be drawn; 0, the default: all. */
  topK?: number | undefined;
  /** Only the best tokens whose probabilities sum to this much; 1, the default: all. */
  topP?: number | undefined;
  /** The same seed gives the same tokens; 0 by default. */
  seed?: number | undefined;
  /** Strings that end the text where they appear; they are left out of it. */
  stop?: string | readonly string[] | undefined;
  /** When the context is full: end the text, or forget its older half; "stop" by default. */
  contextFull?: "stop" | "slide" | undefined;
  /** Called with each piece of the text as soon as its characters are whole. */
  onToken?: ((piece: string) => void) | undefined;
  /** Ends the text behind the token in work; what was written until then is the result: of one that waits, nothing, at once. */
  signal?: AbortSignal | undefined;
}

/**
 * A finished text.
 * ids: the new tokens
 * promptTokens: of the prompt; 0 where the text was ended before its turn came
 * finish: `eos` (the model ended it), `stop` (a stop string), `length` (maxTokens), `context` (it is full), `cancelled`
 * slides: how often the older half of the context was forgotten
 * firstMs: for the prompt, up to the logits of the first new token
 * tokensPerSecond: of the new tokens after the first; 0 where there was but one
 */
export interface Generated {
  text: string;
  ids: number[];
  finish: "eos" | "stop" | "length" | "context" | "cancelled";
  promptTokens: number;
  slides: number;
  firstMs: number;
  tokensPerSecond: number;
}

/** Which kind of error: what was wrong with the input or a file, which the message says. */
export type ErrorCode = "invalid" | "missing" | "mismatch" | "runtime" | "tampered" | "task" | "unsupported" | "disposed";

/** What this package throws on purpose. */
export class ModelError extends Error {
  readonly code: ErrorCode;
}

/** A model that @@DOES@@. */
export class Classifier {
  private constructor();
  /** Throws a `ModelError` for files that are missing or not the manifest's, and for a model of the other task. */
  static load(options?: LoadOptions): Promise<Classifier>;
  static load(bundle: Source | undefined, options?: LoadOptions): Promise<Classifier>;
  readonly manifest: Manifest;@@MEMBERS@@
  /** One text at a time: calls that overlap wait for each other. Longer texts are cut. */
  classify(text: string, pair?: string | null): Promise<Prediction>;
  selfTest(): Promise<SelfTest>;
  /** Free the model, once what it was asked is through. What is asked afterwards is refused; a second call changes nothing. */
  dispose(): Promise<void>;
}

/** A model that writes on from a prompt. */
export class Generator {
  private constructor();
  /** Throws as `Classifier.load` does. */
  static load(options?: GeneratorOptions): Promise<Generator>;
  static load(bundle: Source | undefined, options?: GeneratorOptions): Promise<Generator>;
  readonly manifest: Manifest;
  /** One text at a time: calls that overlap wait for each other. */
  generate(prompt: string, options?: GenerateOptions): Promise<Generated>;
  selfTest(): Promise<SelfTest>;
  /** Free the model; a text under way ends as cancelled. What is asked afterwards is refused; a second call changes nothing. */
  dispose(): Promise<void>;
}
