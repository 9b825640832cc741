import { defineConfig } from "vite";

export default defineConfig({
  optimizeDeps: { exclude: ["smart-home", "onnxruntime-web"] },
  build: { assetsInlineLimit: 0 },
});
