import type { NextConfig } from "next";

// useChat posts to /api/chat of its own origin; the Python server answers there.
const config: NextConfig = {
  compress: false, // a compressed stream arrives in lumps
  devIndicators: false,
  rewrites: async () => [
    { source: "/api/:path*", destination: `${process.env.PYTHON_SERVER ?? "http://127.0.0.1:8000"}/api/:path*` },
  ],
};

export default config;
