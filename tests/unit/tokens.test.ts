import { attackTokens } from '../support/token-types.ts';

// Passes are in a file of their own: their signatures take longer, and a second worker can take them.
attackTokens(['queueToken', 'handOver']);
