//! The plans of code that has a number, and the encoder that they share.

use std::rc::Rc;

use trace_filter::ValuePolicy;

use super::actions::Actions;
use super::encoder::ValueEncoder;
use super::plan::Plan;

/// A number of code in the spool, and the plan for it.
pub type NumberedPlan = (u32, Rc<Plan>);

/// Plans by the numbers of a spool.
pub struct Plans {
    /// The generation of that spool.
    generation: u32,
    by_number: Vec<Option<Rc<Plan>>>,
    /// The encoder, when it is not at work.
    encoder: Option<Box<ValueEncoder>>,
    /// The decisions that the last plan was made by.
    actions: Option<Rc<Actions>>,
}

impl Plans {
    pub const fn new() -> Self {
        Self {
            generation: 0,
            by_number: Vec::new(),
            encoder: None,
            actions: None,
        }
    }

    /// Returns the plan for code that has this number in the spool of a generation.
    #[inline(always)]
    pub fn find(&self, generation: u32, number: u32) -> Option<NumberedPlan> {
        if generation != self.generation {
            return None;
        }
        let plan = self.by_number.get(number as usize)?.as_ref()?;
        Some((number, Rc::clone(plan)))
    }

    /// Returns the decisions of a policy. Most code has the same.
    pub fn actions(&mut self, policy: &ValuePolicy) -> Rc<Actions> {
        match &self.actions {
            Some(actions) if actions.are_of(policy) => Rc::clone(actions),
            _ => Rc::clone(self.actions.insert(Rc::new(Actions::new(policy.clone())))),
        }
    }

    /// Keeps the plan for code that has this number in the spool of a generation. Those of another spool are
    /// forgotten.
    pub fn keep(&mut self, generation: u32, number: u32, plan: Plan) {
        if generation != self.generation {
            // Plans own nothing but str, of which the program does not notice that they go.
            self.by_number = Vec::new();
            self.generation = generation;
        }
        let number = number as usize;
        let needed = self.by_number.len().max(number + 1);
        self.by_number.resize(needed, None);
        self.by_number[number] = Some(Rc::new(plan));
    }

    /// Takes the plan for code that has this number in the spool of a generation.
    pub fn take(&mut self, generation: u32, number: u32) -> Option<Rc<Plan>> {
        if generation != self.generation {
            return None;
        }
        self.by_number.get_mut(number as usize)?.take()
    }

    /// Takes the encoder, unless it is at work.
    #[inline]
    pub fn take_encoder(&mut self) -> Option<Box<ValueEncoder>> {
        self.encoder.take()
    }

    /// Gives the encoder back. Returns the one that was there, if any.
    #[inline]
    pub fn return_encoder(&mut self, encoder: Box<ValueEncoder>) -> Option<Box<ValueEncoder>> {
        self.encoder.replace(encoder)
    }
}
