import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { Standard } from '../domain/doctor/standard.ts';
import type { ScheduledStandard } from '../domain/function-settings.ts';
import { pack } from '../domain/packed.ts';
import { AirlockFunction } from './airlock-function.ts';
import { artifactsOf, standardOf } from './config/doctor-standard.ts';
import type { Settings } from './config/settings.ts';
import { doctorRights } from './doctor-rights.ts';
import { invokeOnSchedule } from './schedule.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** What doctor's function needs. */
interface DoctorProps {
  /** For instance `rate(1 day)`. */
  readonly schedule: string;
  readonly standard: Standard;
  /** The addresses that nodes download from. */
  readonly artifacts: readonly string[];
  readonly logRetention: RetentionDays;
}

/**
 * A scheduled function that looks for misconfigurations as `airlock doctor` does, as far as AWS knows of them. It
 * changes nothing.
 */
class Doctor extends AirlockFunction<'doctor'> {
  constructor(scope: Construct, id: string, { schedule, standard, artifacts, logRetention }: DoctorProps) {
    const { catalogue: _, ...held } = standard;
    super(scope, id, {
      name: 'doctor',
      description: 'Looks for misconfigurations of pools, nodes and clusters',
      timeout: Duration.minutes(5),
      memoryMiB: 256,
      logRetention,
      environment: { DOCTOR: pack({ ...held, artifacts } satisfies ScheduledStandard) },
    });
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    this.#grant(standard.clusters.map(({ name }) => name));
    invokeOnSchedule(this, this.function, {
      description: 'Looks for misconfigurations',
      schedule: ScheduleExpression.expression(schedule),
    });
  }

  #grant(clusters: readonly string[]): void {
    for (const { actions, service, resource, purpose } of doctorRights(clusters)) {
      if (service === undefined || resource === undefined) {
        grantUnscoped(this.role, actions, 'These reads do not support resource-level permissions');
        continue;
      }
      const region = service === 'iam' ? '' : Aws.REGION;
      const arn = `arn:${Aws.PARTITION}:${service}:${region}:${Aws.ACCOUNT_ID}:${resource}`;
      this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [arn] }));
      if (!resource.endsWith('*')) continue;
      const written = `arn:<AWS::Partition>:${service}:${region === '' ? '' : '<AWS::Region>'}:<AWS::AccountId>:${resource}`;
      Validations.of(this.role).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${written}]`,
        reason: `It reads ${purpose}`,
      });
    }
  }
}

/** Adds the function if `airlock.yaml` has a schedule for it. @returns it by its name, or nothing */
export function addDoctor(scope: Construct, settings: Settings): Readonly<Record<string, LambdaFunction>> {
  const { config } = settings;
  const { schedule } = config.doctor;
  if (schedule === undefined) return {};
  const doctor = new Doctor(scope, 'Doctor', {
    schedule,
    standard: standardOf(settings),
    artifacts: artifactsOf(settings),
    logRetention: config.logRetentionDays,
  });
  return { doctor: doctor.function };
}
