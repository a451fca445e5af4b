// Decides requests as IAM does: `node simulate.mjs ENVIRONMENT < questions > answers`.
//
// questions: {documents: {name: policy}, requests: [{documents: [name], principal,
// action, resource, context}], actions: [action]}.
// answers: {decisions: [{result, by: [[name, statement]], error}], wildcard: {action:
// whether AWS knows no narrower resource for it than all}}.
//
// The library is a tool in a process of its own; nothing of it is part of the product.

import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const library = join(process.argv[2], 'node_modules/@cloud-copilot/iam-simulate/dist/esm/index.js')
const { isWildcardOnlyAction, runSimulation, runUnsafeSimulation } = await import(
  pathToFileURL(library)
)

const questions = JSON.parse(await text(process.stdin))

function simulation({ documents, principal, action, resource, context }) {
  const account = principal.split(':')[4]
  return {
    request: {
      action,
      principal,
      resource: { resource, accountId: resource.split(':')[4] || account },
      contextVariables: context
    },
    identityPolicies: documents.map((name) => ({ name, policy: questions.documents[name] })),
    serviceControlPolicies: [],
    resourceControlPolicies: []
  }
}

// The strict mode checks that a request makes sense, and says which statements allow it.
async function decide(request) {
  const found = await runSimulation(simulation(request), {})
  if (found.resultType === 'error') {
    return { result: 'Error', by: [], error: JSON.stringify(found.errors) }
  }
  const results = found.resultType === 'wildcard' ? found.results : [found.result]
  // A key that is ignored would let a refusal come about for another reason.
  const ignored = results.flatMap((one) => one.ignoredContextKeys ?? [])
  if (ignored.length) return { result: 'Error', by: [], error: `no key of it: ${ignored}` }
  const statements = results.flatMap((one) => one.analysis?.identityAnalysis?.allowStatements ?? [])
  const by = statements.map((one) => [one.policyId, one.explain.identifier])
  return { result: found.overallResult, by, error: null }
}

// It does not know resources and condition keys that one service has of another (an
// instance of EC2 Instance Connect's, ec2:osuser). Then each statement is tried alone.
function decideUnchecked(request) {
  const by = []
  for (const name of request.documents) {
    const document = questions.documents[name]
    document.Statement.forEach((statement, index) => {
      const asked = simulation({ ...request, documents: [] })
      asked.identityPolicies = [{ name, policy: { ...document, Statement: [statement] } }]
      if (runUnsafeSimulation(asked, {}) === 'Allowed') {
        by.push([name, statement.Sid ?? String(index + 1)])
      }
    })
  }
  return { result: runUnsafeSimulation(simulation(request), {}), by, error: null }
}

const UNCHECKED = [
  'ec2-instance-connect:OpenTunnel',
  'ec2-instance-connect:SendSSHPublicKey',
  'ssm:GetParameters', // AWS's own parameters are in no account
  'sts:AssumeRoleWithWebIdentity' // its keys are called after the provider
]

const decisions = []
for (const request of questions.requests) {
  const how = UNCHECKED.includes(request.action) ? decideUnchecked : decide
  decisions.push(await how(request))
}
const wildcard = {}
for (const action of questions.actions) {
  const [service, name] = action.split(':')
  wildcard[action] = await isWildcardOnlyAction(service, name)
}
process.stdout.write(JSON.stringify({ decisions, wildcard }))
