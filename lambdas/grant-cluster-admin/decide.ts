/** What CloudFormation asks for. */
export type RequestType = 'Create' | 'Update' | 'Delete';

/** The statuses that a resource has in CloudFormation while it is asked for that, on the way forward and back. */
const statuses: Readonly<Record<RequestType, readonly string[]>> = {
  Create: ['CREATE_IN_PROGRESS'],
  Update: ['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_IN_PROGRESS'],
  Delete: ['DELETE_IN_PROGRESS'],
};

/** Whether CloudFormation, with the resource in this status, is really doing what a request says. */
export function isUnderWay(request: RequestType, status: string | undefined): boolean {
  return status !== undefined && statuses[request].includes(status);
}
