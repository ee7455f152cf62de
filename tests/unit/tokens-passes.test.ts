import { attackTokens } from '../support/token-types.ts';

attackTokens(['ellipticPass', 'rsaPass']);
