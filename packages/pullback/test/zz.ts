import { formatProgram, placeholder } from '@pullback/core';
import { dense, relu, sequential, sigmoid } from '@pullback/layers';
import { softmaxCrossEntropy, halfSquaredError } from '@pullback/losses';
import { sgd, adam } from '@pullback/optimizers';
import { planTraining } from '/work/wt/base/packages/train/src/plan.ts';
import { headsOf } from '/work/wt/base/packages/train/src/heads.ts';
import { placementOf } from '@pullback/core';
for (const [net, loss, specs, input] of [
 [sequential(dense(128), relu(), dense(10)), softmaxCrossEntropy(), {inputs:[{shape:[128,784],dtype:'float32'}], targets:[{shape:[128],dtype:'int32'}]}, [784]],
 [sequential(dense(2), sigmoid(), dense(1), sigmoid()), halfSquaredError(), {inputs:[{shape:[4,2],dtype:'float32'}], targets:[{shape:[4,1],dtype:'float32'}]}, [2]],
] as any) {
const def = {network: net, inputs:{input}, heads: headsOf(loss, undefined), optimizer: sgd({learningRate:0.1}), dtype:'float32', layout:'row', placement: placementOf('row'), seed:1} as any;
const plan = planTraining(def, specs, []);
console.log(plan.inputs.join(' '), '->', plan.outputs.join(' '));
const names=plan.inputs; const al=plan.outputs.map((o:string)=>{const i=names.indexOf(o);return i<0?[]:[i]}); console.log(explain(planFor(kernelsFor(plan.program), al)));
}
import { explain, planFor, kernelsFor } from '/work/wt/base/packages/compiler/src/index.ts';
