import tseslint from 'typescript-eslint';

// Stages that must stay pure, so that old results can be read again anywhere: no `node:` module.
const pure = [
  'src/tiers.ts',
  'src/marks.ts',
  'src/plan/**',
  'src/metrics.ts',
  'src/knobs.ts',
  'src/knob-values.ts',
  'src/twins.ts',
  'src/statistics/**',
  'src/compare/**',
  'src/gate/**',
  'src/summarise.ts',
];

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'results'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'only src/bin.ts touches process' },
      ],
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'this stage is pure' }] },
      ],
    },
  },
  {
    files: ['src/bin.ts', 'test/**', 'scripts/**', '*.js', '*.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  { files: ['eslint.config.js', 'scripts/*.js'], ...tseslint.configs.disableTypeChecked },
);
