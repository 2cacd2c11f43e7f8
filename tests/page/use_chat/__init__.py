"""A page with `useChat` of `@ai-sdk/react`, and the application that serves it on two workers."""
