// A reporter for node:test that prints what Rust's test harness prints, so that both are counted alike.

/** How a name stands in one line. */
const word = (name) => name.trim().replace(/\s+/g, '_');

export default async function* reporter(events) {
  let [passed, failed, ignored] = [0, 0, 0];
  for await (const { type, data } of events) {
    switch (type) {
      case 'test:pass':
      case 'test:fail': {
        const suite = data.details?.type === 'suite';
        if (type === 'test:fail') {
          const error = data.details?.error;
          // A suite fails with its tests, and a file with those in it.
          if (error?.failureType === 'subtestsFailed') break;
          failed += 1;
          yield `test ${word(data.name)} ... FAILED\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
        } else if (data.skip !== undefined || data.todo !== undefined) {
          ignored += 1;
          yield `test ${word(data.name)} ... ignored\n`;
        } else if (!suite && !/\.test\.mjs$/.test(data.name)) {
          passed += 1;
          yield `test ${word(data.name)} ... ok\n`;
        }
        break;
      }
      case 'test:stdout':
      case 'test:stderr':
        yield data.message;
        break;
    }
  }
  const verdict = failed > 0 ? 'FAILED' : 'ok';
  yield `test result: ${verdict}. ${passed} passed; ${failed} failed; ${ignored} ignored\n`;
}
