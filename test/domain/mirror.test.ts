import { describe, expect, it } from 'vitest';
import { readerSessionSeconds, sourceForm, sourceLifeSeconds } from '../../domain/mirror.ts';
import { listMirroredFiles } from '../../domain/mirrored-files.ts';
import { timeSteps } from '../../domain/parameters.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { versionsOf } from '../../lib/config/versions.ts';
import { shipped } from '../ssm-documents/node.ts';

const filesOf = (text: string) =>
  listMirroredFiles(shipped, versionsOf(parseConfig(`clusters: [{name: demo}]\n${text}`), shipped)).map(
    ({ runtime, version, architecture }) => `${runtime} ${version} ${architecture}`,
  );

describe('the mirror', () => {
  it('holds every version that a launch may ask for, for each pinned architecture', () => {
    expect(filesOf('runtimes: {gvisor: {}}')).toEqual([
      'gvisor 20260831.0 x86_64',
      'gvisor 20260831.0 aarch64',
      'gvisor 20260921.0 x86_64',
      'gvisor 20260928.0 x86_64',
      'gvisor 20260928.0 aarch64',
      'gvisor 20261005.0 x86_64',
    ]);
  });

  it('holds nothing of other runtimes, below the floor, or withdrawn', () => {
    expect(filesOf('runtimes: {gvisor: {minimumVersion: "20260928.0"}}')).toHaveLength(3);
    expect(filesOf('runtimes: {sysbox: {}}\nwithdrawAt: medium')).toEqual([]);
  });
});

describe('a signed address', () => {
  it("holds for the node's time and the delivery, and ends before its session", () => {
    for (const seconds of timeSteps) {
      const life = sourceLifeSeconds(seconds, 120);
      expect(life).toBeLessThan(readerSessionSeconds);
      if (seconds <= 3_000) expect(life).toBeGreaterThanOrEqual(seconds + 120);
    }
  });

  it.each([
    ['', true],
    [`https://b.s3.eu-central-1.amazonaws.com/sha256/${'0'.repeat(64)}?X-Amz-Expires=1&X-Amz-Signature=0a%2B`, true],
    [`http://b.s3.eu-central-1.amazonaws.com/sha256/${'0'.repeat(64)}?a`, false],
    [`https://b.s3.eu-central-1.amazonaws.com/sha256/${'0'.repeat(64)}?a"; reboot`, false],
    [`https://b.s3.eu-central-1.amazonaws.com/sha256/${'0'.repeat(64)}?a\nurl = "https://x"`, false],
    ['https://b.s3.eu-central-1.amazonaws.com/other?a', false],
  ])('is accepted by its form: %j', (address, accepted) => {
    expect(new RegExp(sourceForm).test(address)).toBe(accepted);
  });
});
