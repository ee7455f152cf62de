/**
 * A crowd that arrives within a short time, waits, enters, stays and goes. Each virtual user is one visitor.
 *
 *   k6 run -e GUICHET_URL=https://wait.example.org -e GUICHET_ROOM=registration \
 *          -e GUICHET_VISITORS=3000 -e GUICHET_ARRIVAL_SECONDS=60 load-tests/rush.ts
 *
 * lib/settings.ts tells every variable. From one address mind the service's limit on joins per prefix.
 */
import type { Options } from 'k6/options';
import { crowd, crowdThresholds, visit } from './lib/crowd.ts';
import { arrivalMs } from './lib/settings.ts';
import { pause } from './lib/visitor.ts';

export const options: Options = { scenarios: { rush: crowd }, thresholds: crowdThresholds };

export default async function rush(): Promise<void> {
  await pause(Math.random() * arrivalMs);
  await visit({ before: () => {}, answered: () => {} });
}
