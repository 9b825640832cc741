// What the package takes of React Native's libraries, as their own types have it: those need all of React Native.

declare module "react-native" {
  export const Image: { resolveAssetSource(module: number): { uri: string } | null };
}
declare module "expo-asset" {
  export class Asset {
    static fromModule(module: number): Asset;
    localUri: string | null;
    downloadAsync(): Promise<this>;
  }
}
declare module "expo-file-system" {
  export const File: (new (uri: string) => { md5: string | null; text(): Promise<string>; bytes(): Promise<Uint8Array> }) | undefined;
  export function getInfoAsync(uri: string, options: { md5: boolean }): Promise<{ exists: boolean; md5?: string }>;
  export function readAsStringAsync(uri: string, options?: { encoding: "base64" }): Promise<string>;
}
declare module "react-native-fs" {
  export const CachesDirectoryPath: string;
  export function exists(path: string): Promise<boolean>;
  export function hash(path: string, algorithm: "sha256"): Promise<string>;
  export function readFile(path: string, encoding: "base64"): Promise<string>;
  export function copyFileRes(name: string, path: string): Promise<void>;
  export function downloadFile(options: { fromUrl: string; toFile: string }): { promise: Promise<{ statusCode: number }> };
}
declare module "@dr.pogodin/react-native-fs" {
  export * from "react-native-fs";
}
declare module "*.edgekit" {
  const module: number;
  export = module;
}
declare module "*.onnx" {
  const module: number;
  export = module;
}
