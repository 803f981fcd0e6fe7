/**
 * The instance profiles of nodes, as in `airlock.yaml`: by name or ARN, each with a `*` at its end if the rest is not
 * known in advance. The right to tag an instance is not enough to give it another profile: that takes the right to pass
 * the role.
 */
export type InstanceProfiles = readonly string[];

/**
 * Whether an instance has one of the profiles.
 *
 * @param arn as EC2 returns it, `arn:aws:iam::<account>:instance-profile/<path>/<name>`; undefined for an instance
 *   without a profile
 */
export function hasProfile(arn: string | undefined, profiles: InstanceProfiles): boolean {
  if (arn === undefined) return false;
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  return profiles.some((profile) => {
    const seen = profile.startsWith('arn:') ? arn : name;
    return profile.endsWith('*') ? seen.startsWith(profile.slice(0, -1)) : seen === profile;
  });
}

/**
 * Converts profiles to ARN patterns for IAM's condition key `ec2:InstanceProfile`. A name matches under any path.
 *
 * @param prefix `arn:<partition>:iam::<account>:instance-profile`
 */
export function profilePatterns(profiles: InstanceProfiles, prefix: string): readonly string[] {
  return [...new Set(profiles)].flatMap((profile) =>
    profile.startsWith('arn:') ? [profile] : [`${prefix}/${profile}`, `${prefix}/*/${profile}`],
  );
}
