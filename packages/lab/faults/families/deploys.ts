import { readPolicy } from '../../../local-aws/iam.ts';
import { type Family, seconds } from '../fault.ts';

/** A new version is deployed while nodes are in progress. */
export const deployFaults: Family = {
  deployed: {
    about: 'a deploy replaces the documents and the functions in mid-flight',
    heals: true,
    plant(site, random) {
      const { ssm } = site.world.services;
      site.after(seconds(random, 10, 120), () => {
        const dispatch = site.function('dispatch');
        if (dispatch === undefined) return;
        const deployed: Record<string, Record<string, { name: string; hash: string }>> = JSON.parse(
          dispatch.settings.environment['DOCUMENTS'] ?? '{}',
        );
        const olds: string[] = [];
        const arns: string[] = [];
        const replace = (name: string) => {
          const old = ssm.documents().find((one) => one.name === name);
          if (old === undefined) throw new Error(`no one deployed the document ${name}`);
          const made = ssm.addDocument({ ...old, name: `${name.slice(0, -1)}${name.endsWith('0') ? '1' : '0'}` });
          arns.push(made.arn);
          olds.push(name);
          return made.name;
        };
        const replaced = Object.fromEntries(
          Object.entries(deployed).map(([verb, byRuntime]) => [
            verb,
            Object.fromEntries(
              Object.entries(byRuntime).map(([runtime, { name, hash }]) => [runtime, { name: replace(name), hash }]),
            ),
          ]),
        );
        // CloudFormation first creates new resources, then changes the rest, and deletes old ones last.
        const Statement = [{ Effect: 'Allow', Action: 'ssm:SendCommand', Resource: arns }];
        const policy = readPolicy({ Version: '2012-10-17', Statement });
        site.world.cloud.iam.role(dispatch.settings.roleArn).policies.set('deployed', policy);
        for (const { settings } of site.functions()) {
          const { environment } = settings;
          const DOCUMENTS = environment['DOCUMENTS'] === undefined ? {} : { DOCUMENTS: JSON.stringify(replaced) };
          site.world.cloud.lambda.update(settings.name, { environment: { ...environment, ...DOCUMENTS } });
        }
        site.after(seconds(random, 5, 30), () => {
          for (const name of olds) ssm.removeDocument(name);
        });
      });
    },
  },
};
