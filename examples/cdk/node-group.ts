import { Fn } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnNodegroup } from 'aws-cdk-lib/aws-eks';
import { Construct } from 'constructs';

/** What a sandboxed node group needs to know about its cluster. */
export interface SandboxedNodeGroupProps {
  readonly clusterName: string;
  /** The https address of the cluster's API. */
  readonly endpoint: string;
  /** The cluster's certificate authority as EKS shows it. */
  readonly certificateAuthority: string;
  /** Canonical's Ubuntu image for the cluster's version of Kubernetes. */
  readonly imageId: string;
  readonly subnets: string[];
  /** A node role with AmazonSSMManagedInstanceCore. */
  readonly nodeRoleArn: string;
}

// The Cluster Autoscaler recognizes a startup taint by this prefix. Set the same `gate` in airlock.yaml.
const gate = 'startup-taint.cluster-autoscaler.kubernetes.io/airlock';

/**
 * A managed node group with gVisor. With a custom image EKS adds nothing to the user data, so gate and label are in
 * both places.
 */
export class SandboxedNodeGroup extends Construct {
  constructor(scope: Construct, id: string, props: SandboxedNodeGroupProps) {
    super(scope, id);
    const { clusterName, endpoint, certificateAuthority, imageId, subnets, nodeRoleArn } = props;
    const launchTemplate = new CfnLaunchTemplate(this, 'LaunchTemplate', {
      launchTemplateData: {
        imageId,
        instanceType: 'm7i.large',
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        // The group's own tags do not reach its instances.
        tagSpecifications: [{ resourceType: 'instance', tags: [{ key: 'airlock:runtime', value: 'gvisor' }] }],
        userData: Fn.base64(`#!/bin/bash
set -euo pipefail
# These images hold their snaps, and Airlock needs the agent 3.3.2746.0 or newer.
snap refresh amazon-ssm-agent || true
/etc/eks/bootstrap.sh ${clusterName} \\
  --apiserver-endpoint ${endpoint} \\
  --b64-cluster-ca ${certificateAuthority} \\
  --kubelet-extra-args '--register-with-taints=${gate}=:NoSchedule --node-labels=airlock.dev/runtime=gvisor'
`),
      },
    });
    new CfnNodegroup(this, 'NodeGroup', {
      clusterName,
      nodeRole: nodeRoleArn,
      subnets,
      launchTemplate: { id: launchTemplate.ref, version: launchTemplate.attrLatestVersionNumber },
      scalingConfig: { minSize: 0, maxSize: 20, desiredSize: 0 },
      // The Cluster Autoscaler reads these while there is no node.
      labels: { 'airlock.dev/runtime': 'gvisor' },
      taints: [{ key: gate, effect: 'NO_SCHEDULE' }],
    });
  }
}
