import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { lib: { entry: "main.js", formats: ["es"], fileName: "main" }, outDir: "library" },
});
