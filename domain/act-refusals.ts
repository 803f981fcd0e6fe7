import type { RunRecord } from './ledger.ts';
import { type ActName, asksForRun } from './operator-acts.ts';
import { type Versions, versionRefusal } from './tags.ts';

/** Whether a launch was released with a proof, in its latest run or in an earlier one. */
export function wasReleased({ ending, launch }: RunRecord): boolean {
  return ending === 'released' || launch?.rerun?.released === true;
}

/**
 * Why an act is not possible after the latest run of a launch, as a sentence without its end; undefined if it is
 * possible.
 *
 * @param run the record of the latest run
 */
export function refusalOf(act: ActName, run: RunRecord): string | undefined {
  const { outcome, ending, launch, request, operatorAct: before } = run;
  // The release of the run is refused then, so that the gate stays closed. A node can keep a run under way.
  if (outcome === undefined && act === 'quarantine') return undefined;
  if (outcome === undefined) return `its run is under way and ends by ${launch?.deadline ?? 'its deadline'}`;
  if (ending === 'replaced' || ending === 'discarded') return `its launch is over: ${ending} as ${outcome}`;
  const isChanged = before !== undefined && !asksForRun(before);
  switch (act) {
    case 'retry':
      return ending === 'released' && !isChanged ? 'it is released; npx airlock verify proves it again' : undefined;
    case 'verify':
      if (!wasReleased(run))
        return 'it was never released, so there is no proof to repeat; npx airlock retry tries it again';
      return before?.act === 'uninstall'
        ? 'its runtime was uninstalled; npx airlock retry installs it again'
        : undefined;
    case 'release':
      return ending === 'released' && !isChanged
        ? 'it is released with a proof; npx airlock verify proves it again'
        : undefined;
    case 'quarantine':
      return undefined;
    case 'uninstall':
      return request === undefined
        ? 'it has no runtime of Airlock: its tag requested none that is configured'
        : undefined;
  }
}

/**
 * Why `airlock verify` proves no version again that nodes may not get any more, as a sentence without its end;
 * undefined if they may.
 *
 * @param versions the configured versions
 */
export function staleRefusal({ request }: RunRecord, versions: Versions): string | undefined {
  const refused = request && versionRefusal(request, versions);
  return refused && `${refused.detail}; airlock retry installs the version that new launches get`;
}

/** What a launch that was not released did not prove, in words for people. */
export function unprovenOf({ installation }: RunRecord): readonly string[] {
  const pod = 'that a pod with the RuntimeClass runs on the node';
  return installation === undefined ? ['that a sandbox starts on the host', pod] : [pod];
}
