import type { HostFacts } from '../host-verdict.ts';

/** What an image's name or type reveals about the nodes that boot from it. */
export interface ImageFacts {
  readonly system: 'Ubuntu' | 'Amazon Linux' | 'Bottlerocket' | 'Windows';
  readonly host: HostFacts;
}

const systems: readonly (readonly [RegExp, ImageFacts['system']])[] = [
  [/bottlerocket/i, 'Bottlerocket'],
  [/windows/i, 'Windows'],
  [/ubuntu/i, 'Ubuntu'],
  [/amazon-?linux|amazon-eks-node|\bal20?23|\bal2(?!\d)|amazon-eks-(arm64|gpu)-node/i, 'Amazon Linux'],
];

/**
 * Reads what identifies an image: the name of Canonical's or AWS's image, the path of its SSM parameter, a node group's
 * `amiType`, a family of Karpenter or eksctl.
 *
 * Sources: Canonical, "Ubuntu on EKS", names and parameters of images; EKS API, Nodegroup, amiType; Karpenter,
 * EC2NodeClass, amiFamily.
 *
 * @returns undefined if the text identifies none
 */
export function readImage(text: string): ImageFacts | undefined {
  const system = systems.find(([pattern]) => pattern.test(text))?.[1];
  if (system === undefined) return undefined;
  const architecture = /(amd64|x86_64|arm64|aarch64)/i.exec(text)?.[1]?.toLowerCase();
  const arch = architecture && (['arm64', 'aarch64'].includes(architecture) ? 'aarch64' : 'x86_64');
  const kubelet = /k8s_(\d\.\d+)/.exec(text)?.[1] ?? /\/ubuntu\/eks\/\d\d\.\d\d\/(\d\.\d+)\//.exec(text)?.[1];
  const release = system === 'Ubuntu' ? /(?<!\d)(\d\d)\.?(04|10)(?!\d)/.exec(text)?.slice(1).join('.') : undefined;
  return {
    system,
    host: {
      ...(release === undefined ? {} : { os: `ubuntu ${release}` }),
      ...(arch === undefined ? {} : { arch }),
      ...(kubelet === undefined ? {} : { kubelet }),
    },
  };
}

/** What a running Node reports about its host: `status.nodeInfo`. */
export function readNodeInfo(info: {
  readonly osImage?: string | undefined;
  readonly kernelVersion?: string | undefined;
  readonly containerRuntimeVersion?: string | undefined;
  readonly kubeletVersion?: string | undefined;
  readonly architecture?: string | undefined;
}): HostFacts {
  const release = /^Ubuntu (\d\d\.\d\d)/.exec(info.osImage ?? '')?.[1];
  const containerd = /^containerd:\/\/(.+)$/.exec(info.containerRuntimeVersion ?? '')?.[1];
  const arch = { amd64: 'x86_64', arm64: 'aarch64' }[info.architecture ?? ''];
  const kubelet = info.kubeletVersion?.replace(/^v/, '');
  return {
    ...(release === undefined ? {} : { os: `ubuntu ${release}` }),
    ...(info.kernelVersion === undefined ? {} : { kernel: info.kernelVersion }),
    ...(arch === undefined ? {} : { arch }),
    ...(containerd === undefined ? {} : { containerd }),
    ...(kubelet === undefined ? {} : { kubelet }),
  };
}
