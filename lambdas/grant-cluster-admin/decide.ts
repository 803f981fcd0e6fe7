/** The type of a request from CloudFormation. */
export type RequestType = 'Create' | 'Update' | 'Delete';

/** The statuses that a resource has in CloudFormation during each request, in a deployment and in a rollback. */
const statuses: Readonly<Record<RequestType, readonly string[]>> = {
  Create: ['CREATE_IN_PROGRESS'],
  Update: ['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'],
  Delete: ['DELETE_IN_PROGRESS'],
};

/** Whether CloudFormation is really performing a request, given the resource's status. */
export function isUnderWay(request: RequestType, status: string | undefined): boolean {
  return status !== undefined && statuses[request].includes(status);
}
