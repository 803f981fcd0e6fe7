/** The names of the errors by which AWS says that something does not exist. */
const missing =
  /^(NoSuchEntity|NoSuchEntityException|ResourceNotFoundException|InvalidLaunchTemplateId\.NotFound|InvalidLaunchTemplateId\.VersionNotFound|ServiceSettingNotFound)$/;

/** Waits for an answer. @returns another value if what was asked about does not exist */
export async function unlessMissing<T, Other>(answer: Promise<T>, other: Other): Promise<T | Other> {
  try {
    return await answer;
  } catch (error) {
    if (missing.test((error as Error).name)) return other;
    throw error;
  }
}
