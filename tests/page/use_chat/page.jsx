// A chat as an application builds it: the messages are the server's, and an answer in progress is read again.
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const id = location.pathname.split("/").pop();
const stored = async () => (await fetch(`/api/chat/${id}`)).json();

function Chat({ messages: first }) {
  const [transport] = useState(() => new DefaultChatTransport({
    fetch: async (url, options) => {
      const response = await fetch(url, options);
      if (response.status === 204) chat.setMessages(await stored()); // it ended just now
      return response;
    },
  }));
  const chat = useChat({
    id,
    messages: first,
    transport,
    resume: first.at(-1)?.role === "user",
    onFinish: ({ isDisconnect }) => {
      if (isDisconnect && window.comesBack) setTimeout(chat.resumeStream, 200);
    },
  });
  const { messages, sendMessage, status, error } = chat;
  return (
    <main data-status={status}>
      {messages.map(({ id, role, parts }) => (
        <p key={id} className={role}>{parts.map(({ text }) => text ?? "").join("")}</p>
      ))}
      <p role="alert">{error?.message}</p>
      <button onClick={() => sendMessage({ text: "Go on" })}>Send</button>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Chat messages={await stored()} />);
