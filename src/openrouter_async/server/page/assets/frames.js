// Changes that come faster than the screen are drawn once a frame, and less often where drawing takes long.

/** Returns a function that asks for `draw` to be called soon, and one that draws at once what was asked for. */
export function oncePerFrame(draw) {
  let asked = 0;
  let notBefore = 0;
  const frame = (now) => {
    if (now < notBefore) {
      asked = requestAnimationFrame(frame);
      return;
    }
    asked = 0;
    const began = performance.now();
    draw();
    const took = performance.now() - began;
    notBefore = took > 8 ? performance.now() + 3 * took : 0; // leaves three quarters of the time to everything else
  };
  return {
    ask() {
      asked ||= requestAnimationFrame(frame);
    },
    flush() {
      if (!asked) return;
      cancelAnimationFrame(asked);
      asked = 0;
      draw();
    },
  };
}
