//! A stream in its warm-up: whether its targets are classes or values is decided when the warm-up is over, and all that follows from it.

use super::answer::TargetKind;
use super::error::StreamError;
use super::options::StreamOptions;
use super::prequential::Prequential;
use super::row_learner::{self, RowSizes};
use super::setup::StreamSetup;
use super::source::SourceDescription;
use super::target::{InputTarget, StreamTarget};
use super::warmup::{ClassList, Warmup};
use crate::kernels::Fast;
use crate::settings::Settings;

/// Classes that a network must tell apart at least.
const MIN_CLASSES: usize = 2;
/// Rows that say what is normal at least.
const MIN_ROWS: usize = 10;

/// What is asked for.
enum Asked {
    /// Whatever the options say, once it is known what the targets are.
    Options(Box<StreamOptions>),
    /// These.
    Settings(Box<(StreamSetup, Settings)>),
}

/// The warm-up so far, and what the stream is made of when it is over.
pub(super) struct FreshStream {
    pub warmup: Warmup,
    asked: Asked,
    /// What its targets are; none where their looks decide.
    kind: Option<TargetKind>,
}

impl FreshStream {
    /// Of options, over a source of this description. What cannot run is refused before a row is waited for, whatever targets there will
    /// be.
    ///
    /// # Errors
    /// A wrong request.
    pub fn of_options(options: &StreamOptions, source: &SourceDescription) -> Result<Self, StreamError> {
        let own = source.kind.or((!source.classes.is_empty()).then_some(TargetKind::Classes));
        let kind = match (options.kind(), own) {
            (Some(asked), Some(own)) if asked != own && asked != TargetKind::Inputs => {
                let (data, found) = (source.name.clone(), own.described());
                return Err(StreamError::OtherTask { asked: asked.to_string(), data, found });
            }
            (asked, own) => asked.or(own),
        };
        let first = kind.unwrap_or(TargetKind::Classes);
        let shape = source.sample_shape();
        let outputs = match first {
            TargetKind::Classes => MIN_CLASSES,
            TargetKind::Values => 1,
            TargetKind::Inputs => shape.size(),
        };
        if let (Some(normal), true) = (options.anomaly.normal.first(), source.has_no_label()) {
            return Err(StreamError::NoLabel { normal: normal.clone(), data: source.name.clone() });
        }
        let sizes = RowSizes { shape, outputs, kind: first };
        row_learner::check_network(&options.settings(first, shape.size())?, sizes)?;
        let asked = Asked::Options(Box::new(options.clone()));
        Ok(FreshStream { warmup: Warmup::default(), asked, kind })
    }

    /// Its targets are of this kind, where nothing else decides.
    pub fn settle_kind(&mut self, kind: TargetKind) {
        self.kind.get_or_insert(kind);
    }

    /// With these settings.
    pub fn of_settings(setup: StreamSetup, settings: Settings, source: &SourceDescription) -> Self {
        let kind = Some(source.kind.unwrap_or(TargetKind::Classes));
        FreshStream { warmup: Warmup::default(), asked: Asked::Settings(Box::new((setup, settings))), kind }
    }

    /// The stream, and what was taken for what, where that is to be said.
    ///
    /// # Errors
    /// Targets of which nothing can be learned, or settings that do not fit them.
    pub fn start(
        &self,
        source: &SourceDescription,
        kernels: &Fast,
    ) -> Result<(Prequential, Option<String>), StreamError> {
        let FreshStream { warmup, asked, kind } = self;
        let is_a_guess = kind.is_none();
        let looks = if warmup.looks_measured() { TargetKind::Values } else { TargetKind::Classes };
        let kind = kind.unwrap_or(looks);
        let (setup, settings) = match asked {
            Asked::Options(options) => (options.setup(kind)?, options.settings(kind, source.sample_shape().size())?),
            Asked::Settings(given) => (**given).clone(),
        };
        let target = self.target(kind, &setup, source)?;
        let understood = match &target {
            StreamTarget::Classes(classes) => warmup.classes_text(classes, is_a_guess),
            StreamTarget::Values(units) => warmup.values_text(units, is_a_guess && units.names.len() == 1),
            StreamTarget::Inputs(_) => {
                format!("warm-up: {} rows, of which most are taken for normal", warmup.labels.len())
            }
        };
        let stream = Prequential::start(setup, settings, kernels, warmup, target, source)?;
        Ok((stream, Some(understood).filter(|_| !source.understood.is_empty())))
    }

    fn target(
        &self,
        kind: TargetKind,
        setup: &StreamSetup,
        source: &SourceDescription,
    ) -> Result<StreamTarget, StreamError> {
        let (warmup, reserve) = (&self.warmup, setup.reserve);
        if kind == TargetKind::Inputs {
            let rows = warmup.labels.len();
            if rows < MIN_ROWS {
                return Err(StreamError::FewRows { rows, least: MIN_ROWS });
            }
            let normal = setup.anomaly.as_ref().map_or_else(Vec::new, |setup| setup.normal.clone());
            return Ok(StreamTarget::Inputs(InputTarget::new(source.input_names(), normal)));
        }
        if kind == TargetKind::Values {
            let names = source.columns.iter().flat_map(|columns| columns.labels()).map(String::from).collect();
            return Ok(StreamTarget::Values(warmup.units(names)?));
        }
        let known = if source.classes.is_empty() { warmup.classes() } else { source.classes.clone() };
        if known.len() + reserve < MIN_CLASSES || known.is_empty() {
            return Err(StreamError::TooShort { rows: warmup.labels.len(), classes: known.len() });
        }
        Ok(StreamTarget::Classes(ClassList::new(known, reserve)))
    }
}
