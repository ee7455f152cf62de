/** Certificates for tests, signed by an authority of their own that this process trusts for as long as the file runs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { ensureCommand } from '../../src/dev/provision.ts';

export type Certificate = { certificate: string; key: string };

export class TestAuthority {
  readonly directory: string;
  readonly #openssl: string;
  readonly #trustedBefore = getCACertificates('default');
  #made = 0;

  private constructor(directory: string, openssl: string) {
    this.directory = directory;
    this.#openssl = openssl;
  }

  /** Makes the authority, and trusts it until `close`. */
  static async open(): Promise<TestAuthority> {
    const openssl = await ensureCommand('openssl', 'openssl');
    const authority = new TestAuthority(await mkdtemp(join(tmpdir(), 'guichet-authority-')), openssl);
    await authority.#make(['-days', '30', '-subj', '/CN=test authority'], authority.files('authority'));
    const own = await readFile(authority.files('authority').certificate, 'utf8');
    setDefaultCACertificates([...authority.#trustedBefore, own]);
    return authority;
  }

  files(name: string): Certificate {
    return { certificate: join(this.directory, `${name}.pem`), key: join(this.directory, `${name}.key`) };
  }

  /** For a host name, good for so many days; `selfSigned`: nobody vouches for it. */
  async issue(host: string, days: number, { selfSigned = false } = {}): Promise<Certificate> {
    this.#made += 1;
    const files = this.files(`leaf-${this.#made}`);
    const { certificate, key } = this.files('authority');
    const signer = selfSigned ? [] : ['-CA', certificate, '-CAkey', key];
    const subject = ['-days', String(days), '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    await this.#make([...signer, ...subject], files);
    return files;
  }

  async close(): Promise<void> {
    setDefaultCACertificates(this.#trustedBefore);
    await rm(this.directory, { recursive: true, force: true });
  }

  async #make(words: readonly string[], { certificate, key }: Certificate): Promise<void> {
    const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const out = ['-out', certificate, '-keyout', key];
    await promisify(execFile)(this.#openssl, ['req', '-x509', ...fresh, ...words, ...out]);
  }
}
