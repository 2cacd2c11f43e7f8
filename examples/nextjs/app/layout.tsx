import type { ReactNode } from "react";

export const metadata = { title: "Chat" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body style={{ font: "1rem/1.5 system-ui, sans-serif", maxWidth: "42rem", margin: "2rem auto" }}>{children}</body>
    </html>
  );
}
