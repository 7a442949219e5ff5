//! A reproduction through the library, where a rule's numbers run away.

use openloop::core::{Activation, OptimizerKind};
use openloop::experiment::{CellName, CellOutcome, ExperimentObserver, PaperTask, Reproducer, ReproductionRequest};
use openloop::run;
use openloop::settings::Options;

struct Nobody;

impl ExperimentObserver for Nobody {
    fn on_cell_start(&mut self, _: &CellName) {}
    fn on_step(&mut self, _: &CellName, _: u32, _: usize, _: usize) {}
    fn on_cell_end(&mut self, _: &CellName, _: &CellOutcome, _: bool) {}
    fn on_notice(&mut self, _: &str) {}
}

#[test]
fn a_cell_that_diverges_leaves_its_place_in_the_table_empty_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        epochs: Some(1),
        activation: Some(Activation::Relu),
        optimizer: Some(OptimizerKind::Sgd),
        lr: Some(1e-3),
        hidden_lr: Some(1e30),
        out: Some(folder.path().into()),
        ..Options::default()
    };
    let only = vec!["regression".into(), "classification".into()];
    let request =
        ReproductionRequest { task: PaperTask::Synthetic, quick: true, trials: Some(1), only, only_run: None, options };
    let kernels = run::kernels(&request.options).unwrap();
    let mut reproducer = Reproducer::open(&request, &kernels).unwrap();
    while reproducer.next(&mut Nobody, &Default::default()).unwrap().is_some() {}
    let result = reproducer.finish().unwrap();
    assert_eq!((result.sections.len(), result.shortened.as_deref().unwrap().contains("rows")), (2, false));
    for section in &result.sections {
        let of = |name: &str| section.comparison.rules.iter().find(|rule| rule.rule == name).unwrap();
        let (bp, shallow) = (of("bp"), of("shallow"));
        assert!((bp.finished, bp.diverged.len(), bp.mean) == (0, 1, None), "{}: {bp:?}", section.title);
        assert!(shallow.finished == 1 && shallow.mean.is_some(), "{}: {shallow:?}", section.title);
        assert_eq!(section.difference("bp"), None);
        assert_eq!(
            section.difference("shallow"),
            Some(shallow.mean.unwrap() - section.published("shallow").unwrap().value)
        );
    }
    let cells = std::fs::read_dir(folder.path().join("cells")).unwrap().count();
    assert_eq!(cells, 11, "a cell that diverged is finished too");
}
