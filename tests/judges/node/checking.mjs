// Runs the checks of a judge and prints as JSON how many there were and which failed.
import assert from "node:assert/strict";

export { assert };

export async function run(checks) {
  const failed = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
    } catch (error) {
      const cause = JSON.stringify(error.cause?.issues ?? error.cause?.message ?? "");
      failed[name] = `${error.name}: ${error.message} ${cause}`.slice(0, 600);
    }
  }
  console.log(JSON.stringify({ tried: Object.keys(checks).length, failed, attempts: [] }));
}

export async function fails(call, fits) {
  let result;
  try {
    result = await call();
  } catch (error) {
    if (!fits(error)) throw error;
    return;
  }
  assert.fail(`no error, but ${JSON.stringify(result)}`.slice(0, 200));
}
