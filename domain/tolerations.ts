/** A toleration of a pod, as far as it matters to a taint without a value. */
export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly effect?: string | undefined;
}

/** Whether one of the tolerations lets a pod land in spite of a taint with this key and the effect NoSchedule. */
export function isTolerated(taintKey: string, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(
    ({ key = '', operator = 'Equal', effect = '' }) =>
      (key === taintKey || (key === '' && operator === 'Exists')) && (effect === '' || effect === 'NoSchedule'),
  );
}
