// Waits that an abort ends.

/** Resolves after some milliseconds; rejects when the signal aborts. */
export function pause(ms, signal) {
  return until(signal, (done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  });
}

/** Resolves as soon as the browser has a network; rejects when the signal aborts. */
export function whenOnline(signal) {
  return until(signal, (done) => {
    if (navigator.onLine) done();
    addEventListener("online", done);
    return () => removeEventListener("online", done);
  });
}

function until(signal, start) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = start(() => finish(resolve));
    const abort = () => finish(() => reject(signal.reason));
    signal?.addEventListener("abort", abort);
    function finish(settle) {
      // A start that is done at once has nothing to end yet.
      queueMicrotask(() => end());
      signal?.removeEventListener("abort", abort);
      settle();
    }
  });
}
