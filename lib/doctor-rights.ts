/** Some actions that doctor's function may do, and on what. */
export interface DoctorRight {
  readonly actions: readonly string[];
  /**
   * The end of an ARN in this account, after the service, region and account; undefined for actions that cannot name a
   * resource.
   */
  readonly resource?: string;
  readonly service?: 'eks' | 'iam' | 'ssm';
  /** What they are for. */
  readonly purpose: string;
}

/** Everything that doctor's function may do in AWS, besides its log. It only reads. */
export function doctorRights(clusters: readonly string[]): readonly DoctorRight[] {
  return [
    {
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeLifecycleHooks',
        'ec2:DescribeImages',
        'ec2:DescribeInstances',
        'ec2:DescribeLaunchTemplateVersions',
        'lambda:GetAccountSettings',
        'ssm:DescribeInstanceInformation',
      ],
      purpose: 'pools, nodes and their agents',
    },
    ...clusters.flatMap((cluster): DoctorRight[] => [
      {
        actions: ['eks:DescribeCluster', 'eks:ListNodegroups'],
        service: 'eks',
        resource: `cluster/${cluster}`,
        purpose: 'the cluster',
      },
      {
        actions: ['eks:DescribeNodegroup'],
        service: 'eks',
        resource: `nodegroup/${cluster}/*`,
        purpose: 'its node groups, whose names are known only to EKS',
      },
    ]),
    {
      actions: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
      service: 'iam',
      resource: 'role/*',
      purpose: 'the roles of nodes, which pools name',
    },
    {
      actions: ['iam:GetInstanceProfile'],
      service: 'iam',
      resource: 'instance-profile/*',
      purpose: 'their instance profiles',
    },
    {
      actions: ['ssm:GetServiceSetting'],
      service: 'ssm',
      resource: 'servicesetting/ssm/managed-instance/default-ec2-instance-management-role',
      purpose: 'whether SSM gives instances a role',
    },
  ];
}
