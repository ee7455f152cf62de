/** The process: reads the settings, runs the service, stops on SIGTERM or SIGINT. */
import { createApp } from './app.ts';
import { ConfigError, readConfig } from './config.ts';

/** A stop that takes so much longer than its drain is ended the hard way. */
const stopWithinMs = 120_000;

try {
  // Only a terminal forgets.
  const terminal = process.stdout.isTTY ? { tell: (text: string) => process.stdout.write(text) } : {};
  const config = readConfig();
  const app = await createApp({ config, ...terminal });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), config.drainMs + stopWithinMs).unref();
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.start();
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
