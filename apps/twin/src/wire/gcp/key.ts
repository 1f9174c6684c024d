/**
 * A service account's key pair, made from the cloud's name, so that a restarted Twin takes the old key as it takes other clouds' old
 * secrets. Two 1024-bit primes (FIPS 186-5, A.1.3: both upper bits set) out of a hash stream; the JWK is RFC 7518, section 6.3.
 */
import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

const e = 65537n;

function stream(seed: string, bytes: number): bigint {
  let hex = '';
  for (let n = 0; hex.length < bytes * 2; n++)
    hex += createHash('sha256').update(`${seed}/${n}`).digest('hex');
  return BigInt(`0x${hex.slice(0, bytes * 2)}`);
}

function inverse(a: bigint, m: bigint): bigint {
  let [r0, r1, s0, s1] = [a % m, m, 1n, 0n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
  }
  return ((s0 % m) + m) % m;
}

function prime(seed: string): bigint {
  let candidate = stream(seed, 128) | (3n << 1022n) | 1n;
  for (;;) {
    if (candidate % e !== 1n && checkPrimeSync(candidate)) return candidate;
    candidate += 2n;
  }
}

const word = (value: bigint): string => {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
};

export interface KeyPair {
  /** PKCS #8 PEM, as in the key file that Google hands out. */
  readonly privateKey: string;
  readonly publicKey: KeyObject;
  /** 40 hex digits. */
  readonly id: string;
}

const pairOf = (privateKey: string): KeyPair => ({
  privateKey,
  publicKey: createPublicKey(privateKey),
  id: createHash('sha1').update(privateKey).digest('hex'),
});

const made = new Map<string, KeyPair>();

/** ≈ 50 ms at first use of a name. */
export function keyPairOf(name: string, given: string | undefined): KeyPair {
  const known = made.get(given ?? name);
  if (known) return known;
  let pair: KeyPair;
  if (given === undefined) {
    const p = prime(`twin/${name}/p`);
    const q = prime(`twin/${name}/q`);
    const d = inverse(e, (p - 1n) * (q - 1n));
    const jwk = {
      kty: 'RSA',
      n: word(p * q),
      e: word(e),
      d: word(d),
      p: word(p),
      q: word(q),
      dp: word(d % (p - 1n)),
      dq: word(d % (q - 1n)),
      qi: word(inverse(q, p)),
    };
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    pair = pairOf(key.export({ type: 'pkcs8', format: 'pem' }).toString());
  } else pair = pairOf(given);
  made.set(given ?? name, pair);
  return pair;
}
