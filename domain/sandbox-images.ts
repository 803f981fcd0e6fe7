/**
 * The accounts in which EKS keeps its images, one for most regions and one for each of the others. Source: EKS User
 * Guide, "View Amazon container image registries for Amazon EKS add-ons".
 */
const eksAccounts = [
  '602401143452',
  '013241004608',
  '066635153087',
  '121268973566',
  '151610086707',
  '151742754352',
  '296578399912',
  '333609536671',
  '455263428931',
  '491585149902',
  '533267051163',
  '558608220178',
  '590381155156',
  '730335286997',
  '759879836304',
  '761377655185',
  '800184023465',
  '877085696533',
  '900612956339',
  '900889452093',
  '918309763551',
  '961992271922',
];

/** The repositories of sandbox images that are always accepted (RE2, each a whole repository). */
const known = [
  'registry\\.k8s\\.io/pause',
  'k8s\\.gcr\\.io/pause',
  // The name of the image that EKS's AMIs include.
  'localhost/kubernetes/pause',
  `(${eksAccounts.join('|')})\\.dkr\\.ecr\\.[a-z0-9-]{1,32}\\.amazonaws\\.com(\\.cn)?/eks/pause`,
  'rocks\\.canonical\\.com(:443)?/cdk/pause(-amd64|-arm64)?',
  'ghcr\\.io/canonical/k8s-snap/pause',
];

/** The form of a repository in `airlock.yaml`: a registry and a path, without tag and digest. */
export const repositoryForm = /^[a-z0-9][a-z0-9.-]{0,100}(:[0-9]{1,5})?(\/[a-z0-9][a-z0-9._-]{0,60}){1,6}$/;

/**
 * The form of the images that a proof pod may run (RE2): a known repository or one from `airlock.yaml`, with any tag
 * and digest.
 *
 * @param repositories from `airlock.yaml`, each in the {@link repositoryForm}
 */
export function sandboxImagePattern(repositories: readonly string[]): string {
  const named = repositories.map((one) => one.replaceAll('.', '\\.'));
  return `^(${[...known, ...named].join('|')})(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`;
}
