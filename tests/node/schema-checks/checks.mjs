// What client tools make of schema.graphql: graphql-eslint, Relay's compiler, The Guild's code generator, TypeScript.
// `npm ci && npm test`; it stops at the first tool that complains.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
rmSync(`${here}/generated`, { recursive: true, force: true })
for (const folder of ['relay', 'gql']) mkdirSync(`${here}/generated/${folder}`, { recursive: true })
// Inside the folder, where the tools look for it.
cpSync(`${here}/../../../schema.graphql`, `${here}/generated/schema.graphql`)

for (const [title, command, ...args] of [
  ['graphql-eslint', 'eslint', '--max-warnings=0', 'generated/schema.graphql'],
  ['relay-compiler', 'relay-compiler', 'relay.config.json'],
  ['graphql-codegen', 'graphql-codegen', '--config', 'codegen.ts'],
  ['tsc --strict', 'tsc', '--project', '.'],
]) {
  const begin = Date.now()
  const { status } = spawnSync(`node_modules/.bin/${command}`, args, { cwd: here, stdio: 'inherit' })
  const seconds = ((Date.now() - begin) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${title}  (${seconds} s)`)
  if (status !== 0) process.exit(1)
}
