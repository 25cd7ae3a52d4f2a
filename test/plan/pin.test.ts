import { describe, expect, it } from 'vitest';

import { plan } from '../../src/plan/plan.js';
import { guests, hostWith, scenarioOf } from './planning.js';

const entry = 'guest: tiny, tier: cold';
const host = hostWith({ allowedCpus: [0, 1, 2, 3] });

function planned(pin: string) {
  const scenario = scenarioOf([entry], `name: x\npin: ${pin}`);
  const { harnessCpus, cells } = plan([scenario], guests, host, {});
  return { harnessCpus, qemuCpus: cells[0]?.qemuCpus };
}

describe('pin', () => {
  it.each([
    ['{}', '', ''],
    ["{ qemu: '1' }", '1', ''],
    ["{ qemu: '3,0-1,1', harness: '2' }", '0-1,3', '2'],
    ["{ harness: '0' }", '0-3', '0'],
  ])('%s keeps QEMU to "%s" and the harness to "%s"', (pin, qemuCpus, harnessCpus) => {
    expect(planned(pin)).toEqual({ qemuCpus, harnessCpus });
  });

  it.each([
    ["{ qemu: 'a' }", /^x\.yaml:2:14: "qemu" must be a list of CPUs such as "0-3,8", got "a"/],
    ["{ qemu: '3-1' }", /^x\.yaml:2:14: "qemu" must be a list of CPUs/],
    ['{ harness: 1 }', /^x\.yaml:2:17: "harness" must be a list of CPUs/],
    ["{ qmeu: '1' }", /^x\.yaml:2:8: unknown key "qmeu" \(did you mean "qemu"\?\)/],
    [
      "{ qemu: '1,4-9' }",
      /^x\.yaml:2:14: CPU 4-9 is not online here or not allowed to this process, which has 0-3$/,
    ],
  ])('%s is refused', (pin, said) => {
    expect(() => planned(pin)).toThrow(said);
  });

  it('of two scenarios must put the harness in one place', () => {
    const scenarios = ['0', '1'].map((cpu) =>
      scenarioOf([entry], `name: x${cpu}\npin: { harness: '${cpu}' }`),
    );
    expect(() => plan(scenarios, guests, host, {})).toThrow(
      /"x1" pins the harness to 1 and "x0" to 0; measure them in two runs/,
    );
  });
});
