export default defineNuxtConfig({
  compatibilityDate: "2026-01-01",
  telemetry: false,
  vite: {
    optimizeDeps: { exclude: ["smart-home", "onnxruntime-web"] },
    build: { assetsInlineLimit: 0 },
  },
});
