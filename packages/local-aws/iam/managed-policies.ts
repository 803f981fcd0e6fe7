const logs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const networkInterfaces = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

const allow = (actions: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

/** AWS managed policies, by the end of their ARN, with the statements in the AWS Managed Policy Reference. */
export const managedPolicies: Readonly<Record<string, object>> = {
  'service-role/AWSLambdaBasicExecutionRole': allow(logs),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([...logs, ...networkInterfaces]),
};
