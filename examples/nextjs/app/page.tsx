"use client";

import { useChat } from "@ai-sdk/react";
import { lastAssistantMessageIsCompleteWithApprovalResponses, type ToolUIPart } from "ai";
import { useState } from "react";

export default function Page() {
  const [text, setText] = useState("");
  const { messages, sendMessage, addToolApprovalResponse, stop, status, error } = useChat({
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  const isBusy = status === "submitted" || status === "streaming";
  return (
    <main>
      {messages.map((message) => (
        <section key={message.id}>
          <b>{message.role}</b>
          {message.parts.map((part, place) => {
            if (part.type === "text") return <p key={place}>{part.text}</p>;
            if (part.type === "reasoning") return <small key={place}>{part.text}</small>;
            if (part.type.startsWith("tool-")) {
              const call = part as ToolUIPart;
              return (
                <p key={place}>
                  <code>{call.type.slice(5)} {JSON.stringify(call.input)} {JSON.stringify(call.output)}</code>
                  {call.state === "approval-requested" &&
                    [true, false].map((approved) => (
                      <button key={`${approved}`} onClick={() => addToolApprovalResponse({ id: call.approval.id, approved })}>
                        {approved ? "Allow" : "Refuse"}
                      </button>
                    ))}
                </p>
              );
            }
          })}
        </section>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() && !isBusy) sendMessage({ text });
          setText("");
        }}
      >
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        <button>Send</button>
        <button type="button" onClick={stop} disabled={!isBusy}>Stop</button>
      </form>
    </main>
  );
}
