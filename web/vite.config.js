// How the GraphiQL page is bundled. The server mounts it under /graphiql/ (src/server/graphiql.rs).
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/graphiql/',
  build: {
    target: 'es2022',
    // The editor is one large library; splitting it further only makes more requests.
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      onwarn(warning, warn) {
        // React's "use client" marks mean nothing here, and there are dozens of them.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  worker: { format: 'es' },
});
