/**
 * A device for the judge of the scenarios: a program over the public API, which reads what it is told and
 * says what it shows, as `tests/conformance/README.md` has it.
 */
import readline from 'node:readline';
import { isCauserieError } from 'causerie';
import { Device } from './device.js';
import { Refusal, type Identity, type Order } from './order.js';

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

let said = false;
/** Several changes may be one line. */
const changed = (): void => {
  if (said) return;
  said = true;
  setImmediate(() => {
    said = false;
    say({ says: 'changed' });
  });
};

function refusal(error: unknown): object {
  if (isCauserieError(error)) return { says: 'failed', code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Refusal)) console.error(error);
  return { says: 'failed', code: 'scenario', message };
}

async function main(): Promise<void> {
  let device: Device | null = null;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    if (order.do === 'be') {
      device = new Device(order as unknown as Identity, changed);
      continue;
    }
    if (device === null) throw new Error('it was not told whose it is');
    try {
      if (order.do === 'look') say({ says: 'shown', ...(await device.look()) });
      else say({ says: 'done', ...(await device.act(order)) });
    } catch (error) {
      say(refusal(error));
    }
  }
  // Its own loops would keep it alive; an open client does not.
  if (device?.isOpen === true) device.leave();
}

void main();
